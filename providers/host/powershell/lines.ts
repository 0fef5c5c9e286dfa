import { Writable } from "node:stream";

/** A stream's end that hands over whole lines. A long line is joined once, however many pieces it comes in. */
export function lineReader(onLine: (line: string) => void): Writable {
  let pieces: string[] = [];
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const [first = "", ...rest] = chunk.toString().split("\n");
      pieces.push(first);
      for (const next of rest) {
        onLine(pieces.join("").replace(/\r$/, ""));
        pieces = [next];
      }
      done();
    },
    final(done) {
      const last = pieces.join("");
      if (last !== "") onLine(last);
      done();
    },
  });
}

/** What stands between two lines of it. */
const between = " / ";

/** What PowerShell printed beside the protocol: the last of it, for the text of an error. */
export interface Noise {
  add(line: string): void;
  clear(): void;
  text(): string;
}

/** Keeps the last lines, up to so many characters; of a longer line its end. */
export function boundedNoise(limit = 2000): Noise {
  let kept = "";
  return {
    add(line) {
      // node-powershell's own markers say nothing to anybody.
      if (line.trim() === "" || /^[0-9A-Za-z]{16}$/.test(line)) return;
      const all = `${kept}${kept === "" ? "" : between}${line.trim()}`;
      const last = all.slice(-limit);
      // The rest of a line that was cut might pass for another.
      const cut = last.indexOf(between);
      kept = last === all || cut < 0 ? last : last.slice(cut + between.length);
    },
    clear() {
      kept = "";
    },
    text: () => kept,
  };
}
