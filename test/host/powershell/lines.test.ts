import assert from "node:assert/strict";
import { once } from "node:events";
import {
  boundedNoise,
  lineReader,
} from "../../../providers/host/powershell/lines";
import {
  newRequestId,
  readAnswerLine,
  readLanguageLine,
  requestLine,
} from "../../../providers/host/powershell/protocol";

async function linesOf(...chunks: string[]): Promise<string[]> {
  const lines: string[] = [];
  const reader = lineReader((line) => lines.push(line));
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  await once(reader, "finish");
  return lines;
}

describe("The lines of the protocol", () => {
  it("come whole, however they are cut, with either end of line and with none at the end", async () => {
    const lines = await linesOf("a", "b\r", "\nc\n\nd", "", "e");
    assert.deepEqual(lines, ["ab", "c", "", "de"]);
  });

  it("are ASCII without a blank in what is sent, whatever it holds", () => {
    const document = "'; exit 1; # \n\u2019 \u{1F600} `$(x)";
    const envelope = { remote: null, document };
    const line = requestLine([{ id: newRequestId(), envelope }]);
    assert.match(line, /^Invoke-CredSSPRequest [0-9A-Za-z+/=]+$/);
    const json = Buffer.from(line.split(" ")[1] ?? "", "base64").toString(
      "utf8",
    );
    const { local } = JSON.parse(json) as { local: { document: string }[] };
    assert.equal(local[0]?.document, document);
  });

  it("are an answer only with an id, a kind and base64, and without whole JSON in it one of no sense", () => {
    const id = newRequestId();
    const body = Buffer.from('{"x":"é"}').toString("base64");
    assert.deepEqual(readAnswerLine(`credssp ${id} end ${body}`), {
      id,
      kind: "end",
      document: { x: "é" },
    });
    for (const line of [
      `credssp ${id} end`,
      `credssp ${id} done ${body}`,
      ` credssp ${id} end ${body}`,
      `credssp ${id} end ${body} more`,
      `credssp - end ${body}`,
      "",
    ])
      assert.equal(readAnswerLine(line), null, line);
    const cut = readAnswerLine(`credssp ${id} end ${body.slice(0, 8)}`);
    assert.deepEqual(cut, { id, kind: "end", document: null });
  });

  it("name the language", () => {
    assert.equal(
      readLanguageLine("credssp language FullLanguage"),
      "FullLanguage",
    );
    assert.equal(readLanguageLine("FullLanguage"), null);
  });
});

describe("Noise", () => {
  it("keeps the last of what was printed, without markers, blank lines and half ones", () => {
    const noise = boundedNoise(12);
    for (const line of ["first", "0123456789abcDEF", " ", "second", "third"])
      noise.add(line);
    assert.equal(noise.text(), "third");
    noise.add("fourth and fifth");
    assert.equal(noise.text(), "th and fifth");
    noise.clear();
    assert.equal(noise.text(), "");
  });
});
