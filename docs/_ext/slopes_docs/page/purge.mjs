// Reads {site, sheet} from the input and leaves out the rules of a style sheet that no page uses.
import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { PurgeCSS } from "purgecss";

const { site, sheet } = JSON.parse(await text(process.stdin));
const words = (content) => content.match(/[\w:/.-]*[\w/.-]/g) ?? [];
const [{ css }] = await new PurgeCSS().purge({
  content: [`${site}/**/*.html`, `${site}/_static/**/*.js`], // scripts add classes of their own
  css: [sheet],
  defaultExtractor: words,
  keyframes: true,
});
if (css.length > readFileSync(sheet, "utf8").length) throw new Error("rules were added");
writeFileSync(sheet, css);
