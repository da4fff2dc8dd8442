// Reasoning comes sealed where nothing is stored, and can be sent back with the next question.
import { generateText, streamText } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const model = xai("grok-4.3");
const providerOptions = { xai: { store: false } };
const sealed = (parts) => parts.map((part) => part.providerMetadata?.xai?.reasoningEncryptedContent);
const messages = [{ role: "user", content: "My dog is called Rex." }];
const first = await generateText({ model, messages, providerOptions });
messages.push(...first.response.messages, { role: "user", content: "Nice weather." });
const second = await generateText({ model, messages, providerOptions });
const streamed = streamText({ model, prompt: "2+2?", providerOptions });
for await (const _ of streamed.fullStream);
console.log(JSON.stringify({
  plain: sealed(first.reasoning),
  streamed: sealed(await streamed.reasoning),
  second: second.text,
}));
