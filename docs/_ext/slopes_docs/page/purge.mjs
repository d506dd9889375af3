// Reads {site, sheets} from the input and leaves out the rules of style sheets that no page uses.
import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { PurgeCSS } from "purgecss";

const { site, sheets } = JSON.parse(await text(process.stdin));
const words = (content) => content.match(/[\w:/.-]*[\w/.-]/g) ?? [];
const purged = await new PurgeCSS().purge({
  content: [`${site}/**/*.html`, `${site}/_static/**/*.js`], // scripts add classes of their own
  css: sheets,
  defaultExtractor: words,
  keyframes: true,
});
if (purged.length !== sheets.length) throw new Error("a style sheet was not read");
for (const { css, file } of purged) {
  if (css.length > readFileSync(file, "utf8").length) throw new Error("rules were added");
  writeFileSync(file, css);
}
