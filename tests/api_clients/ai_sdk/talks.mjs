// Sockets: sound that is written down while it comes, and a talk that is opened with a token.
import { experimental_streamTranscribe as streamTranscribe, generateSpeech } from "ai";
import { createXai } from "@ai-sdk/xai";
import WebSocket from "ws";

const settings = { baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY };
const xai = createXai({ ...settings, webSocket: WebSocket });
const rate = 16000;
const { audio } = await generateSpeech({
  model: xai.speech(),
  text: "Good morning to you all",
  language: "en",
  outputFormat: "pcm",
  providerOptions: { xai: { sampleRate: rate } },
});
const sound = new Uint8Array(audio.uint8Array.length + 2 * rate);
sound.set(audio.uint8Array);
const chunks = new ReadableStream({
  start(controller) {
    for (let start = 0; start < sound.length; start += 3200) controller.enqueue(sound.slice(start, start + 3200));
    controller.close();
  },
});
const heard = streamTranscribe({ model: xai.transcription(), audio: chunks, inputAudioFormat: { type: "audio/pcm", rate } });
const transcript = await heard.text;

const model = xai.experimental_realtime("grok-voice-latest");
const { token, url } = await xai.experimental_realtime.getToken({ model: "grok-voice-latest" });
const opened = model.getWebSocketConfig({ token, url: url.replace("wss:", "ws:") });
const socket = new WebSocket(opened.url, opened.protocols);
const said = await new Promise((resolve, reject) => {
  let words = "";
  socket.on("error", reject);
  socket.on("open", () => {
    const message = { type: "text-message", role: "user", text: "What is 6 * 7?" };
    for (const event of [{ type: "conversation-item-create", item: message }, { type: "response-create" }])
      socket.send(JSON.stringify(model.serializeClientEvent(event)));
  });
  socket.on("message", (data) => {
    for (const event of [model.parseServerEvent(JSON.parse(data))].flat()) {
      if (event.type === "audio-transcript-delta") words += event.delta;
      if (event.type === "response-done") resolve(words);
    }
  });
});
socket.close();
console.log(JSON.stringify({ transcript, said }));
