// Reads {target, records: [{url, content}]} from the input and lets Pagefind write their index.
import { text } from "node:stream/consumers";
import * as pagefind from "pagefind";

const { target, records } = JSON.parse(await text(process.stdin));
const { index, errors } = await pagefind.createIndex({ forceLanguage: "en" });
for (const record of records) errors.push(...(await index.addHTMLFile(record)).errors);
errors.push(...(await index.writeFiles({ outputPath: target })).errors);
await pagefind.close();
if (errors.length) throw new Error(errors.join("\n"));
