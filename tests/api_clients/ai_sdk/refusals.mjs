// What the service refuses arrives as an error with its status and its sentence.
import { generateImage, generateText } from "ai";
import { createXai } from "@ai-sdk/xai";

const settings = { baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY };
const xai = createXai(settings);
const refused = async (call) => {
  try {
    await call();
  } catch (error) {
    return [error.statusCode, error.message];
  }
};
const prompt = "hi";
const maxRetries = 0;
const keyed = (apiKey) =>
  refused(() => generateText({ model: createXai({ ...settings, apiKey })("grok-4.3"), prompt, maxRetries }));
const gone = { xai: { previousResponseId: "0b6f3c1e-1111-4222-8333-9c0ffee00001" } };
console.log(JSON.stringify({
  model: await refused(() => generateText({ model: xai("grok-99"), prompt, maxRetries })),
  picture: await refused(() => generateImage({ model: xai.image("grok-99"), prompt, maxRetries })),
  effort: await refused(() =>
    generateText({ model: xai("grok-4.6"), prompt, maxRetries, providerOptions: { xai: { reasoningEffort: "none" } } })),
  wrong: await keyed("xai-wrong"),
  blocked: await keyed("xai-blocked"),
  broke: await keyed("xai-broke"),
  missing: await refused(() => generateText({ model: xai("grok-4.3"), prompt, maxRetries, providerOptions: gone })),
}));
