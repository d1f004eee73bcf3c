package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.machine.Board;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.Surroundings;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.file.VmFileReader;
import dev.backplane.kernel.internal.plan.MachineBays;
import dev.backplane.kernel.internal.plan.Settlement;
import java.time.Duration;

/**
 * A wired machine: everything that was allocated for it.
 *
 * @param file what it was made from
 * @param surroundings memory, clock and notifications
 * @param boardOffer where the board comes from
 * @param boardContext what the board sees of the world
 * @param board the board
 * @param bays the bays
 * @param group what runs the vCPUs
 * @param settlement opens and closes the bays
 */
record Assembly(
        VmFile file,
        Surroundings surroundings,
        Offer boardOffer,
        BoardContext boardContext,
        Board board,
        MachineBays bays,
        Vcpus group,
        Settlement settlement) {
    private static final System.Logger LOG = System.getLogger(Assembly.class.getName());
    private static final Duration THREADS = Duration.ofSeconds(1);

    /** Its VM file, with the scheduler that it has now. */
    Node.Mapping tree() {
        PartSpec scheduler = bays.scheduler().spec();
        return scheduler.type().equals(file.scheduler().type())
                ? file.tree()
                : VmFileReader.scheduledBy(file.tree(), scheduler);
    }

    /** Puts what is to be booted into memory and the boot processor at its start. The engine is new. */
    void load() throws ConfigurationException {
        VcpuState start;
        try {
            start = board.load(file.boot());
        } catch (ConfigurationException e) {
            throw new ConfigurationException(
                    "%sboot: %s".formatted(file.bootAt().prefix(), e.getMessage()));
        }
        bays.cpu().partition().orElseThrow().load(0, start);
        group.engine(bays.cpu().partition().orElseThrow());
    }

    /** Ends the threads and gives everything up. Parts that are in order are at rest already. */
    void close() {
        group.end();
        boolean out = joined();
        for (Bay bay : bays.all()) {
            bay.discard("the machine has ended");
            bay.empty();
        }
        group.engine(null);
        try {
            board.close();
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: the board did not close: {1}", file.name(), e.toString());
        }
        if (group instanceof VcpuTurns turns) {
            turns.journal().close();
        }
        surroundings.clock().close();
        surroundings.signals().close();
        if (out) {
            closeMemory();
        } else {
            // Machine code that still runs there would take the process down.
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: a vCPU does not come back; its memory stays mapped",
                    file.name());
        }
    }

    private boolean joined() {
        try {
            return group.join(Deadline.in(THREADS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void closeMemory() {
        try {
            boardContext.close();
            surroundings.ram().close();
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: its memory is still in use: {1}", file.name(), e.getMessage());
        }
    }
}
