// Images that are changed; videos that are made of words and of a picture, changed and gone on with.
import { experimental_generateVideo as generateVideo, generateImage } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const picture = Buffer.from(process.env.PICTURE, "base64");
const edited = await generateImage({
  model: xai.image("grok-imagine-image"),
  prompt: { text: "Give it a hat", images: [picture] },
});
// It downloads nothing from addresses of this machine, unless it is told how.
let last;
const download = async ({ url }) => {
  last = String(url);
  return { data: new Uint8Array(await (await fetch(url)).arrayBuffer()), mediaType: "video/mp4" };
};
const made = async (prompt, duration, options) => {
  const model = xai.video("grok-imagine-video");
  const providerOptions = { xai: { pollIntervalMs: 50, ...options } };
  const { video } = await generateVideo({ model, prompt, duration, download, providerOptions });
  return video.uint8Array.length;
};
const videos = { words: await made("a boat", 2) };
const videoUrl = last;
videos.picture = await made({ image: picture, text: "it moves" }, 1);
videos.edited = await made("make it night", undefined, { mode: "edit-video", videoUrl });
videos.extended = await made("the boat turns", 2, { mode: "extend-video", videoUrl });
console.log(JSON.stringify({ edited: edited.image.uint8Array.length, videos }));
