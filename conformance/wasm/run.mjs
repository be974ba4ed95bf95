// Judges the decoder in WebAssembly by the cases for decoders: node run.mjs [FILE.wasm]
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

const here = (path) => new URL(path, import.meta.url);
const file = process.argv[2] ?? here("target/wasm32-unknown-unknown/release/sse_wasm.wasm");
const module = new WebAssembly.Module(readFileSync(file));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) throw new Error(`wants something of its host: ${JSON.stringify(imports)}`);

// Reconnection times may be larger than a number of JavaScript can tell apart.
const load = (name) => JSON.parse(readFileSync(here(`../cases/${name}`), "utf8").replace(/"retry": ?(\d+)/g, '"retry":"$1"'));
const repeated = (parts) => parts.map(([text, times]) => text.repeat(times)).join("");
const bytes = (one) => one.input_hex !== undefined
    ? Buffer.from(one.input_hex, "hex")
    : Buffer.from(one.input ?? repeated(one.input_gen), "utf8");
const most = 2n ** 64n - 1n;
const expected = (one) => [
    ...one.events.flatMap((event) => [event.type, event.data ?? repeated(event.data_gen), event.lastEventId]),
    one.lastEventId,
    one.retry === null ? "" : String(BigInt(one.retry) < most ? BigInt(one.retry) : most),
];

function decode(input, piece, owned) {
    // A new instance for each stream, so that one that breaks does not take the others with it.
    const { exports } = new WebAssembly.Instance(module);
    // Each call first: the memory is another buffer when it has grown.
    const room = exports.input(input.length);
    new Uint8Array(exports.memory.buffer, room, input.length).set(input);
    const length = exports.decode(piece, owned);
    const view = Buffer.from(exports.memory.buffer, exports.output(), length);
    const texts = [];
    for (let at = 0; at < length; ) {
        const end = at + 4 + view.readUInt32LE(at);
        texts.push(view.toString("utf8", at + 4, end));
        at = end;
    }
    return texts;
}

let [passed, failed] = [0, 0];
for (const one of [...load("parser.json"), ...load("parser-own.json")]) {
    const [input, outcome] = [bytes(one), expected(one)];
    const pieces = input.length > 4096 ? [input.length, 4097] : [input.length, 1, 2, 3, 7];
    const wrong = pieces.flatMap((piece) => [0, 1].map((owned) => [piece, owned])).find(([piece, owned]) => {
        const got = decode(input, piece, owned);
        return one.level !== "must-not-break" && !isDeepStrictEqual(got, outcome);
    });
    if (wrong === undefined || one.level === "info") passed += 1;
    else {
        failed += 1;
        console.log(`${one.id} (${one.note}) in pieces of ${wrong[0]} bytes, ${wrong[1] ? "owned" : "lent"}`);
    }
}
console.log(`wasm: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
