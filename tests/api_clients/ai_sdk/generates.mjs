// Texts, plain and streamed; a function that is called and answered; an answer in a schema; pictures and speech.
import { generateSpeech, generateImage, generateText, isStepCount, jsonSchema, Output, streamText, tool } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const model = xai("grok-4.3");
const plain = await generateText({ model, prompt: "what is 6 times 7?" });
const streamed = streamText({ model, prompt: "Say good morning" });
let text = "";
for await (const delta of streamed.textStream) text += delta;
const stock = tool({
  description: "How many there are",
  inputSchema: jsonSchema({ type: "object", properties: { sku: { type: "string" } }, required: ["sku"] }),
  execute: async () => "there are 12 left",
});
const called = await generateText({
  model,
  prompt: "Use get_stock for A1",
  tools: { get_stock: stock },
  stopWhen: isStepCount(3),
});
const schema = jsonSchema({ type: "object", properties: { label: { enum: ["complaint", "praise"] } }, required: ["label"] });
const typed = await generateText({ model, prompt: "Classify: the parcel never came", output: Output.object({ schema }) });
const picture = await generateImage({ model: xai.image("grok-imagine-image"), prompt: "a red kite" });
const speech = await generateSpeech({ model: xai.speech(), text: "Good morning", voice: "ara", language: "en" });
console.log(JSON.stringify({
  plain: plain.text,
  streamed: text,
  called: called.text,
  steps: called.steps.length,
  typed: typed.output,
  picture: picture.image.uint8Array.length,
  speech: speech.audio.uint8Array.length,
}));
