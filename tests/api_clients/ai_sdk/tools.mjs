// The service's own tools: a picture in the answer, plain and streamed; searches; code, collections and MCP servers.
import { generateText, streamText } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const model = xai("grok-4.3");
const tools = { image_generation: xai.tools.imageGeneration() };
const prompt = "Draw a picture of a red kite";
const found = (results) =>
  results
    .filter((result) => result.toolName === "image_generation")
    .map(({ output }) => ({ bytes: Buffer.from(output.result, "base64").length, prompt: output.prompt }));
const plain = await generateText({ model, prompt, tools });
const streamed = streamText({ model, prompt, tools });
for await (const _ of streamed.fullStream);
const searched = await generateText({ model, prompt: "What is new?", tools: { web_search: xai.tools.webSearch() } });
const posts = await generateText({ model, prompt: "What is new?", tools: { x_search: xai.tools.xSearch() } });
const others = {
  code_execution: xai.tools.codeExecution(),
  file_search: xai.tools.fileSearch({ vectorStoreIds: [process.env.COLLECTION] }),
  mcp: xai.tools.mcpServer({ serverUrl: "https://mcp.example.com", serverLabel: "wiki" }),
};
const called = await generateText({ model, prompt: "Compute 2 + 2 and ask the wiki.", tools: others });
console.log(JSON.stringify({
  plain: found(plain.toolResults),
  streamed: found(await streamed.toolResults),
  posts: posts.sources.map(({ url }) => url),
  called: called.toolCalls.map(({ toolName }) => toolName),
  sources: searched.sources.map(({ url }) => url),
}));
