// Asks a server through the package "translate": arguments are an address, a key (may be empty) and, as JSON, a list of
// [text, options]. Prints a list of {text} or {error}.
import { Translate } from "translate";

const [url, key, asked] = process.argv.slice(2);
const client = Translate({ engine: "libre", url, key: key || undefined });
const answers = [];
for (const [text, options] of JSON.parse(asked)) {
  try {
    answers.push({ text: await client(text, options) });
  } catch (error) {
    answers.push({ error: error.message });
  }
}
console.log(JSON.stringify(answers));
