// What a question may have with it: a picture, a file that was uploaded, an earlier answer that the service keeps.
import { generateText, uploadFile } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const model = xai("grok-4.3");
const picture = Buffer.from(process.env.PICTURE, "base64");
const asked = (part) =>
  generateText({ model, messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }, part] }] });
const seen = await asked({ type: "file", data: picture, mediaType: "image/png" });
const notes = new TextEncoder().encode("alpha\nbeta\n");
const kept = await uploadFile({ api: xai.files(), data: notes, filename: "notes.txt", mediaType: "text/plain" });
const read = await asked({ type: "file", data: kept.providerReference, mediaType: "text/plain" });
const first = await generateText({ model, prompt: "My dog is called Rex." });
const providerOptions = { xai: { previousResponseId: first.response.id } };
const second = await generateText({ model, prompt: "Nice weather.", providerOptions });
console.log(JSON.stringify({ seen: seen.text, kept: kept.providerReference.xai, bytes: kept.byteSize, read: read.text, second: second.text }));
