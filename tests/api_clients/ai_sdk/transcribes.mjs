// Speech that was made is turned into text again; what cannot be heard is refused with the service's sentence.
import { generateSpeech, transcribe } from "ai";
import { createXai } from "@ai-sdk/xai";

const xai = createXai({ baseURL: process.env.XAI_BASE_URL, apiKey: process.env.XAI_API_KEY });
const speech = await generateSpeech({
  model: xai.speech(),
  text: "Good morning to you all",
  language: "en",
  outputFormat: "wav",
});
const audio = speech.audio.uint8Array;
const options = { xai: { language: "en", diarize: true, keyterm: ["morning", "all"] } };
const heard = await transcribe({ model: xai.transcription(), audio, providerOptions: options });
let refused;
try {
  await transcribe({ model: xai.transcription(), audio: new Uint8Array(100), maxRetries: 0 });
} catch (error) {
  refused = { status: error.statusCode, message: error.message };
}
console.log(JSON.stringify({
  text: heard.text,
  segments: heard.segments.length,
  language: heard.language,
  seconds: heard.durationInSeconds,
  refused,
}));
