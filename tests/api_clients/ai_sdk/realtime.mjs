// A token with which a browser may open a socket.
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const model = "grok-voice-latest";
const short = await xai.experimental_realtime.getToken({ model, expiresAfterSeconds: 30 });
const usual = await xai.experimental_realtime.getToken({ model });
console.log(JSON.stringify({ now: Date.now() / 1000, short, usual }));
