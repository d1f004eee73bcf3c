package dev.backplane.kernel.internal.vm;

import dev.backplane.api.machine.RestorableBoard;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.file.NodeText;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.plan.MachineBays;
import dev.backplane.kernel.internal.plan.Saves;
import dev.backplane.kernel.internal.snapshot.MachineState;
import dev.backplane.kernel.internal.snapshot.MachineState.PartState;
import dev.backplane.kernel.internal.snapshot.Manifest;
import dev.backplane.kernel.internal.snapshot.SnapshotWriting;
import dev.backplane.kernel.internal.state.EncodedState;
import dev.backplane.kernel.internal.state.StateCodec;
import dev.backplane.kernel.internal.time.MachineClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a machine at rest is, but for its memory and its disks.
 *
 * @param file its VM file
 * @param vmFile what that says now
 * @param takenMillis when it stood, in milliseconds since 1970
 * @param cpuType the CPU backend that it runs on
 * @param parts board and parts
 * @param changes options that were changed
 * @param slots devices that were added
 * @param state their states
 */
record Gathering(
        VmFile file,
        String vmFile,
        long takenMillis,
        String cpuType,
        List<Manifest.Part> parts,
        List<Manifest.Change> changes,
        List<Manifest.Slot> slots,
        MachineState state)
        implements SnapshotWriting.Still {
    /** The bay that a board has not. */
    static final String BOARD = "machine";

    private static final Duration SAVE = Duration.ofSeconds(10);

    /**
     * Asks everything for its state. On the control thread, while all is at rest.
     *
     * @throws StateException when something has none: names it
     */
    static Gathering of(Assembly machine) throws StateException {
        if (!(machine.board() instanceof RestorableBoard<?> board)) {
            throw new StateException("its board, %s, cannot go on from a state"
                    .formatted(machine.boardOffer().plugin()));
        }
        Map<Bay, EncodedState> saved = Saves.of(machine.bays().all(), Deadline.in(SAVE));
        List<Manifest.Part> parts = new ArrayList<>();
        List<PartState> states = new ArrayList<>();
        List<Manifest.Change> changes = new ArrayList<>();
        // Last, with what had no engine to go to.
        EncodedState boardState =
                new StateCodec(board.stateType(), machine.boardOffer().plugin()).encode(board.save());
        parts.add(part(BOARD, BOARD, machine.boardOffer().type(), boardState));
        saved.forEach((bay, state) -> {
            parts.add(part(bay.id(), bay.kind().word(), bay.spec().type(), state));
            states.add(PartState.of(bay.id(), state, bay.rung()));
            bay.asked().changes().forEach((key, value) -> changes.add(new Manifest.Change(bay.id(), key, value)));
        });
        MachineClock clock = machine.surroundings().clock();
        return new Gathering(
                machine.file(),
                NodeText.file(machine.tree()),
                System.currentTimeMillis(),
                machine.bays().cpu().bay().spec().type(),
                parts,
                changes,
                slots(machine),
                new MachineState(clock.nanos(), clock.tscHz(), PartState.of(BOARD, boardState, List.of()), states));
    }

    private static Manifest.Part part(String id, String kind, String type, EncodedState state) {
        return new Manifest.Part(id, kind, type, state.writtenBy(), state.schema(), state.version());
    }

    private static List<Manifest.Slot> slots(Assembly machine) {
        return machine.bays().devices().stream()
                .map(MachineBays.Device::socket)
                .filter(socket -> socket.isInSlot())
                .map(socket -> new Manifest.Slot(
                        NodeText.device(socket.spec()), socket.folder().toString()))
                .toList();
    }

    @Override
    public Manifest manifest(
            String id, Manifest.Memory memory, Manifest.StoredFile stored, List<Manifest.DiskFile> disks) {
        return new Manifest(
                Manifest.FORMAT,
                Manifest.VERSION,
                id,
                takenMillis,
                file.name(),
                file.cpus(),
                cpuType,
                file.cpuModel(),
                vmFile,
                file.folder().toString(),
                file.machine().type(),
                parts,
                changes,
                slots,
                memory,
                stored,
                disks);
    }
}
