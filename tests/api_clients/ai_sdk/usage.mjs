// What an answer cost, plain and streamed, and the id of its request.
import { generateText, streamText } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const model = xai("grok-4.3");
const plain = await generateText({ model, prompt: "2+2?" });
const streamed = streamText({ model, prompt: "2+2?" });
for await (const _ of streamed.fullStream);
const ticks = ({ raw }) => raw.cost_in_usd_ticks;
console.log(JSON.stringify({
  ticks: [ticks(plain.usage), ticks(await streamed.usage)],
  reasoning: plain.usage.outputTokenDetails.reasoningTokens,
  request: plain.response.headers["x-request-id"],
}));
