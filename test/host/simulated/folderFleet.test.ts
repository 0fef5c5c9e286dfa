import { createFolderFleet } from "../../../providers/host/simulated/folderFleet";
import { openHostFolder } from "../../../providers/host/simulated/hostFolder";
import { settle } from "../../../providers/host/simulated/policyPass";
import { freshHost } from "../../../providers/host/simulated/state";
import { virtualClock } from "../../../providers/host/simulated/virtualClock";
import { contract } from "../contract";
import { edited, entriesOf } from "./edits";
import { removeFolder, temporaryFolder } from "./temporary";

const name = "app01.do.local";

contract("a simulated host in a folder", async () => {
  const folder = await temporaryFolder();
  const clock = virtualClock();
  const hands = openHostFolder(folder);
  await hands.add(name, freshHost(name));
  return {
    // An adapter of its own for every connection, as two processes have: only the file's lock is between them.
    connect: () =>
      createFolderFleet({ clock }).connect(name, {
        transport: "simulated",
        fleet: folder,
      }),
    edit: async (...edits) => {
      await hands.change(name, (cell) => {
        cell.state = edits.reduce(edited, settle(cell.state, clock.now()));
        return Promise.resolve();
      });
    },
    localEntries: async () => entriesOf(await hands.read(name)),
    pause: (ms) => clock.wait(ms),
    dispose: () => removeFolder(folder),
  };
});
