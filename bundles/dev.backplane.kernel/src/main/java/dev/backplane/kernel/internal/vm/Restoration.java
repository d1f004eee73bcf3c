package dev.backplane.kernel.internal.vm;

import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.HotPlugBoard;
import dev.backplane.api.machine.RestorableBoard;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.memory.RamBacking;
import dev.backplane.kernel.internal.plan.MachineBays.Device;
import dev.backplane.kernel.internal.snapshot.MachineState;
import dev.backplane.kernel.internal.snapshot.MachineState.PartState;
import dev.backplane.kernel.internal.snapshot.Manifest;
import dev.backplane.kernel.internal.state.StateCodec;
import dev.backplane.kernel.internal.vm.TypeResolution.MissingType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A guest that goes on from a snapshot, or from where another machine was. The order is that of the parts' needs: memory, the clock with the time stamp counter's frequency,
 * board, parts from the bottom up, and the vCPUs with their counters, local APICs and deadlines among them.
 */
final class Restoration implements Origin {
    private final Past past;
    private final List<Slotted> slots;
    private final Memory memory;
    private final Cause cause;

    /**
     * What it was, but for its memory.
     *
     * @param memoryBytes how much memory it had
     * @param takenMillis when it stood, in milliseconds since 1970
     * @param parts its parts
     * @param changes options that were changed
     * @param state their states
     */
    record Past(
            long memoryBytes,
            long takenMillis,
            List<Manifest.Part> parts,
            List<Manifest.Change> changes,
            MachineState state) {}

    /** Its memory. */
    interface Memory {
        /**
         * Makes the machine's memory, which begins with what it held.
         *
         * @throws IOException when it cannot be had
         * @throws ConfigurationException when something else than memory is not as it was
         */
        RamBacking take(RamBacking.Source source, String vm) throws IOException, ConfigurationException;

        /** Where it still comes from, page by page, if from files. Any thread. */
        default Optional<Path> readsFrom() {
            return Optional.empty();
        }

        /** The machine has ended, or was never started. May come twice. */
        void release();
    }

    /**
     * A device that had been added.
     *
     * @param spec what was asked for
     * @param folder what relative paths start from
     */
    record Slotted(PartSpec spec, Path folder) {}

    /**
     * A guest that goes on.
     *
     * @param past what it was
     * @param slots the devices that had been added
     * @param memory what it held
     * @param cause what parts are told
     */
    Restoration(Past past, List<Slotted> slots, Memory memory, Cause cause) {
        this.past = past;
        this.slots = List.copyOf(slots);
        this.memory = memory;
        this.cause = cause;
    }

    /**
     * Looks whether it can be, as far as that is seen without making anything.
     *
     * @param vm the machine's name
     * @param bill the parts of the VM file, found
     * @throws StateException when something does not fit: names it
     */
    void check(String vm, Wiring wiring, Wiring.Bill bill) throws StateException, MissingType, ConfigurationException {
        Map<String, Offer> offers = new HashMap<>(bill.offers());
        for (Slotted slot : slots) {
            wiring.lookUp(vm, slot.spec(), slot.folder(), offers);
        }
        List<String> problems = new ArrayList<>();
        for (PartState part : past.state().parts()) {
            Offer offer = offers.remove(part.id());
            if (offer == null) {
                problems.add(part.id() + ": the machine has no such part: it has to have all that it had");
            } else if (takes(part.id(), offer)) {
                try {
                    offer.codec().refuseUnread(part.encoded());
                } catch (StateException e) {
                    problems.add(part.id() + ": " + e.getMessage());
                }
            }
        }
        offers.forEach(
                (id, offer) -> problems.add("%s (%s): there is no state of it: the machine cannot have more than it had"
                        .formatted(id, offer.type())));
        if (!problems.isEmpty()) {
            throw new StateException(String.join("; ", problems));
        }
    }

    /** What is outside, and of another type than what saved, is a new one. */
    private boolean takes(String part, Offer offer) {
        return !offer.kind().isOutside() || noted(part).map(Manifest.Part::type).equals(Optional.of(offer.type()));
    }

    private Optional<Manifest.Part> noted(String id) {
        return past.parts().stream().filter(part -> part.id().equals(id)).findFirst();
    }

    @Override
    public RamBacking memory(RamBacking.Source source, String vm, long bytes) throws ConfigurationException {
        if (bytes != past.memoryBytes()) {
            throw new ConfigurationException(
                    "memory: %,d bytes: what it goes on from has %,d".formatted(bytes, past.memoryBytes()));
        }
        try {
            return memory.take(source, vm);
        } catch (IOException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public long nanos() {
        return past.state().clockNanos();
    }

    @Override
    public OptionalLong tscHz() {
        return OptionalLong.of(past.state().tscHz());
    }

    @Override
    public void prepare(Assembly made, Wiring wiring, Map<String, Offer> offers) throws ConfigurationException {
        for (Slotted slot : slots) {
            plug(slot, made, wiring, offers);
        }
        try {
            restore(made.board(), made.boardOffer());
        } catch (StateException e) {
            throw new ConfigurationException("machine: " + e.getMessage());
        }
        for (Manifest.Change change : past.changes()) {
            Optional<Bay> bay = made.bays().named(change.bay());
            Offer offer = offers.get(change.bay());
            if (bay.isPresent() && (offer == null || takes(change.bay(), offer))) {
                bay.get().asked().change(Map.of(change.key(), change.value()));
            }
        }
        Duration away = Duration.ofMillis(Math.max(0, System.currentTimeMillis() - past.takenMillis()));
        for (PartState part : past.state().parts()) {
            Offer offer = offers.get(part.id());
            Optional<Bay> bay = made.bays().named(part.id());
            if (bay.isPresent() && offer != null && takes(part.id(), offer)) {
                bay.get().inherit(part.encoded(), part.rung(), away);
            }
        }
    }

    private static void plug(Slotted slot, Assembly made, Wiring wiring, Map<String, Offer> offers)
            throws ConfigurationException {
        if (!(made.board() instanceof HotPlugBoard board)) {
            throw new ConfigurationException(slot.spec().id() + ": the board has no slots");
        }
        try {
            Wiring.Planned planned = wiring.lookUp(made.file().name(), slot.spec(), slot.folder(), offers);
            Device device = Wiring.plug(
                    planned,
                    slot.folder(),
                    made.surroundings(),
                    fronts -> planned.socket().plugIntoSlot(made.surroundings(), board, fronts));
            made.bays().add(device);
        } catch (MissingType e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    @SuppressWarnings("unchecked")
    private void restore(Board board, Offer offer) throws StateException {
        if (!(board instanceof RestorableBoard<?> restorable)) {
            throw new StateException(offer.plugin() + " cannot go on from a state");
        }
        Record state = new StateCodec(restorable.stateType(), offer.plugin())
                .decode(past.state().board().encoded());
        ((RestorableBoard<Record>) restorable).restore(state);
    }

    @Override
    public void load(Assembly made) {
        made.group().engine(made.bays().cpu().partition().orElseThrow());
    }

    @Override
    public Cause cause() {
        return cause;
    }

    @Override
    public Optional<Path> readsFrom() {
        return memory.readsFrom();
    }

    @Override
    public void ended() {
        memory.release();
    }
}
