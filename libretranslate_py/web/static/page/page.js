import { curlLine, problemOf, unseal } from "./words.js";

const root = document.documentElement;
const element = (id) => document.getElementById(id);
const [key, source, swap, target, text, translation, count, problem, curl] = [
  "key", "source", "swap", "target", "text", "translation", "count", "problem", "curl",
].map(element);

let settings = { frontendTimeout: 500, charLimit: -1 };
let detected = "";
let timer = 0;
let running = new AbortController();

function show(place, words) {
  place.textContent = words;
  place.hidden = !words;
}

/** Status and parsed body; 0 where there is no answer. */
async function ask(path, options = {}) {
  try {
    const response = await fetch(path, options);
    return [response.status, await response.json().catch(() => null)];
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return [0, null];
  }
}

/** Has the server bring a fresh secret; true if it differs from the one before. */
async function renewSecret() {
  const before = root.dataset.seal;
  const old = before ? unseal(before) : "";
  await fetch("./", { cache: "no-store" }).catch(() => null);
  await new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = "js/app.js";
    script.onload = script.onerror = () => resolve(script.remove());
    document.head.append(script);
  });
  return Boolean(root.dataset.seal) && unseal(root.dataset.seal) !== old;
}

async function send(fields, signal) {
  const body = { ...fields };
  if (key.value) body.api_key = key.value;
  if (root.dataset.seal) body.secret = unseal(root.dataset.seal);
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal };
  return ask("translate", options);
}

async function translate() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  if (!text.value.trim()) {
    translation.value = "";
    show(problem, "");
    return;
  }
  const fields = { q: text.value, source: source.value, target: target.value, format: "text" };
  let [status, body] = await send(fields, signal);
  if (status === 400 && "sealed" in root.dataset && !key.value && (await renewSecret()) && !signal.aborted) {
    [status, body] = await send(fields, signal);
  }
  if (signal.aborted) return;
  if (status !== 200) {
    show(problem, problemOf(status, body));
    return;
  }
  show(problem, "");
  translation.value = body.translatedText;
  detected = body.detectedLanguage?.language ?? "";
  if (curl) {
    const shown = key.value || settings.keyRequired ? { ...fields, api_key: "..." } : fields;
    curl.textContent = curlLine(new URL("translate", document.baseURI).href, shown);
    element("api").hidden = false;
  }
}

function translateNow() {
  clearTimeout(timer);
  translate().catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
}

function translateSoon() {
  const length = Array.from(text.value).length;
  show(count, settings.charLimit >= 0 ? `${length} / ${settings.charLimit}` : "");
  clearTimeout(timer);
  timer = setTimeout(translateNow, settings.frontendTimeout);
}

function swapLanguages() {
  const from = source.value === "auto" ? detected : source.value;
  if (!from) return;
  [source.value, target.value] = [target.value, from];
  if (translation.value) text.value = translation.value;
  translateSoon();
  translateNow();
}

function fill(place, languages, chosen) {
  place.replaceChildren(...languages.map(({ code, name }) => new Option(name, code, false, code === chosen)));
}

async function start() {
  const headers = root.dataset.language ? { "Accept-Language": root.dataset.language } : {};
  const [[status, languages], [, found]] = await Promise.all([
    ask("languages", { headers }),
    ask("frontend/settings"),
  ]);
  if (!Array.isArray(languages) || !found) {
    show(problem, problemOf(status === 200 ? 0 : status, languages));
    return;
  }
  settings = found;
  fill(source, [{ code: "auto", name: "Auto Detect" }, ...languages], settings.language.source.code);
  fill(target, languages, settings.language.target.code);
  element("key-row").hidden = !settings.keyRequired && !settings.apiKeys;
  text.addEventListener("input", translateSoon);
  for (const place of [source, target, key]) place.addEventListener("change", translateNow);
  swap.addEventListener("click", swapLanguages);
  if (text.value) translateSoon();
}

start();
