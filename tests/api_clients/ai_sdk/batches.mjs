// A batch of a question and an image: begun, looked at, read, listed.
import {
  experimental_getBatchResults as getBatchResults,
  experimental_getBatchStatus as getBatchStatus,
  experimental_listBatches as listBatches,
  experimental_startBatch as startBatch,
} from "ai";
import { createXai } from "@ai-sdk/xai";

const provider = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const batch = await startBatch({
  provider,
  requests: [
    { id: "sum", type: "text", model: "grok-4.3", prompt: "2+2?" },
    { id: "kite", type: "image", model: "grok-imagine-image", prompt: "a red kite" },
  ],
});
let status;
do {
  await new Promise((resolve) => setTimeout(resolve, 50));
  status = await getBatchStatus({ provider, batch });
} while (status.status !== "completed");
const results = {};
for await (const result of getBatchResults({ provider, batch })) results[result.id] = result;
const { batches } = await listBatches({ provider });
console.log(JSON.stringify({ id: batch.id, counts: status.requestCounts, results, listed: batches.map(({ id }) => id) }));
