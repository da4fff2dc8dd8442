// Every second request is refused for its rate: told apart, and waited for.
import { generateText } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const asked = { model: xai("grok-4.3"), prompt: "2+2?" };
await generateText(asked);
let refused;
try {
  await generateText({ ...asked, maxRetries: 0 });
} catch (error) {
  refused = [error.statusCode, error.message];
}
const answers = [];
for (let turn = 0; turn < 2; turn++) answers.push((await generateText({ ...asked, maxRetries: 2 })).text);
console.log(JSON.stringify({ refused, answers }));
