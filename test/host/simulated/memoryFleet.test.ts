import { createMemoryFleet } from "../../../providers/host/simulated/memoryFleet";
import { contract } from "../contract";
import { edited, entriesOf } from "./edits";

const name = "app01.do.local";

contract("a simulated host in memory", () => {
  const fleet = createMemoryFleet([name]);
  return Promise.resolve({
    connect: () => fleet.connect(name, { transport: "simulated", fleet: "" }),
    edit: (...edits) => {
      for (const edit of edits) fleet.edit(name, (s) => edited(s, edit));
      return Promise.resolve();
    },
    localEntries: () => Promise.resolve(entriesOf(fleet.state(name))),
    pause: (ms) => fleet.clock.wait(ms),
    dispose: () => Promise.resolve(),
  });
});
