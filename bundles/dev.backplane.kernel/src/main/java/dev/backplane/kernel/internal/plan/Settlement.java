package dev.backplane.kernel.internal.plan;

import dev.backplane.api.machine.Board;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.bay.BayState;
import dev.backplane.kernel.internal.bay.PartCall;
import dev.backplane.kernel.internal.plan.MachineBays.Device;
import dev.backplane.kernel.internal.plan.MachineBays.Support;
import dev.backplane.kernel.internal.time.MachineClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Brings the bays of a machine to where they should be, in the one order that there is: closing goes from the top down
 * (vCPUs, devices, what they stand on), opening from the bottom up. Pause, swap, reset and the end of a machine differ only
 * in the {@link Wish}. Called on the machine's control thread, with no lock held.
 */
public final class Settlement {
    private static final System.Logger LOG = System.getLogger(Settlement.class.getName());

    private static final Duration LEAST = Duration.ofMillis(500);
    /** How long a part's call may take to return that hangs in a host's disk: the guest would wait for that one anyway. */
    private static final Duration SLOW_HOST = Duration.ofSeconds(30);

    private final MachineBays bays;
    private final Guest guest;
    private final MachineClock clock;
    private final Board board;
    private boolean standing = true;

    /**
     * For a machine whose guest has not begun to run.
     *
     * @param bays its bays
     * @param guest its vCPUs
     * @param clock its clock
     * @param board its board
     */
    public Settlement(MachineBays bays, Guest guest, MachineClock clock, Board board) {
        this.bays = bays;
        this.guest = guest;
        this.clock = clock;
        this.board = board;
    }

    /**
     * Whether the guest was made to stand.
     *
     * @return false while it runs
     */
    public boolean standing() {
        return standing;
    }

    /**
     * Goes there. Parts that do not come to rest in time are fenced.
     *
     * @param wish where to go
     * @param cause what parts that go on are told
     * @param deadline for all that have to come to rest, together
     */
    public void settle(Wish wish, Cause cause, Deadline deadline) {
        standWhereNeeded(wish, deadline);
        closeDevices(wish, atLeast(deadline), false);
        closeSupports(wish, atLeast(deadline), false);
        open(wish, cause);
    }

    /**
     * Goes there too, but gives up nothing that does not come to rest since a host's disk does not answer it: a device has forgotten what its guest
     * waits for when it is made anew, and a format what it has not written. They go on instead.
     *
     * @return their bays; where there is one the machine is not where it was to go, and has to be settled elsewhere
     */
    public List<Bay> attempt(Wish wish, Cause cause, Deadline deadline) {
        standWhereNeeded(wish, deadline);
        List<Bay> waiting = closeDevices(wish, atLeast(deadline), true);
        if (waiting.isEmpty()) {
            waiting = closeSupports(wish, atLeast(deadline), true);
        }
        if (waiting.isEmpty()) {
            open(wish, cause);
        }
        return waiting;
    }

    private void standWhereNeeded(Wish wish, Deadline deadline) {
        if (!standing && (!mayRun(wish) || guest.standsForChanges())) {
            stand(deadline);
        }
    }

    /** A vCPU that hangs has used up the time; that is no reason to fence parts that are in order. */
    private static Deadline atLeast(Deadline deadline) {
        return deadline.remainingNanos() < LEAST.toNanos() ? Deadline.in(LEAST) : deadline;
    }

    /** @return as {@link #closeDevices} */
    private List<Bay> closeSupports(Wish wish, Deadline deadline, boolean patient) {
        if (runs(bays.scheduler()) && !mayRun(wish, bays.scheduler())) {
            bays.scheduler().closeGate();
            quiesce(List.of(bays.scheduler()), List.of(), atLeast(deadline), false);
        }
        for (List<Support> level : bays.levels()) {
            List<Support> closing = level.stream()
                    .filter(support -> runs(support.bay()) && !mayRun(wish, support.bay()))
                    // One that stands on nothing cannot pass on what it has: nothing arrives, and it waits where it is.
                    .filter(support -> support.isGrounded() || wish.leaving().contains(support.bay()))
                    .toList();
            List<Bay> resting = closing.stream().map(Support::bay).toList();
            List<Bay> below = closing.stream()
                    .flatMap(support -> support.allBelow().stream())
                    .toList();
            resting.forEach(Bay::closeGate);
            List<Bay> waiting = quiesce(resting, below, atLeast(deadline), patient);
            if (!waiting.isEmpty()) {
                return waiting;
            }
        }
        return List.of();
    }

    private static boolean runs(Bay bay) {
        return bay.state() == BayState.RUNNING;
    }

    private static boolean able(Bay bay) {
        return bay.state() == BayState.RUNNING || bay.state() == BayState.QUIESCED;
    }

    private boolean mayRun(Wish wish) {
        return able(bays.cpu().bay())
                && !wish.still()
                && !wish.leaving().contains(bays.cpu().bay());
    }

    private static boolean mayRun(Wish wish, Bay bay) {
        return able(bay) && !wish.rest() && !wish.leaving().contains(bay);
    }

    private static boolean mayRun(Wish wish, Device device) {
        return mayRun(wish, device.bay())
                && device.supports().stream()
                        .allMatch(support -> support.keepsRequests() || mayRun(wish, support.bay()));
    }

    /** Stops the guest and its clock. */
    private void stand(Deadline deadline) {
        List<Integer> stuck = guest.hold(deadline);
        standing = true;
        clock.stop();
        board.running(false);
        blame(stuck);
        Bay cpu = bays.cpu().bay();
        if (runs(cpu) && stuck.isEmpty()) {
            cpu.closeGate();
            quiesce(List.of(cpu), List.of(), atLeast(deadline), false);
        }
    }

    /** @return those that go on since they wait for a disk */
    private List<Bay> closeDevices(Wish wish, Deadline deadline, boolean patient) {
        List<Device> devices = bays.devices().stream()
                .filter(device -> !mayRun(wish, device))
                .filter(device -> runs(device.bay()))
                .toList();
        List<Bay> closing = devices.stream().map(Device::bay).toList();
        List<Bay> below =
                devices.stream().flatMap(device -> device.below().stream()).toList();
        closing.forEach(Bay::closeGate);
        if (!closing.isEmpty() && !standing) {
            blame(guest.rendezvous(deadline));
        }
        // A handler that hangs has cost its bay the part already.
        return quiesce(closing.stream().filter(Settlement::runs).toList(), below, atLeast(deadline), patient);
    }

    /**
     * Brings parts to rest; those that do not come to rest are fenced.
     *
     * @param below what they stand on: it keeps nothing of theirs waiting meanwhile
     * @param patient whether those are not fenced that only wait for a disk
     * @return these, which go on
     */
    private List<Bay> quiesce(List<Bay> closing, List<Bay> below, Deadline deadline, boolean patient) {
        below.forEach(bay -> bay.handBack(true));
        List<PartCall<Boolean>> calls = new ArrayList<>();
        for (Bay bay : closing) {
            calls.add(bay.beginQuiesce(deadline));
        }
        below.forEach(Bay::usersRest);
        List<Bay> waiting = new ArrayList<>();
        for (int i = 0; i < calls.size(); i++) {
            Bay bay = closing.get(i);
            Optional<String> failure = bay.endQuiesce(calls.get(i), deadline);
            if (failure.isPresent()) {
                if (patient && bays.waitsForDisk(bay) && calls.get(i).await(Deadline.in(SLOW_HOST))) {
                    waiting.add(bay);
                } else {
                    bay.fence(failure.get(), true);
                }
            }
        }
        below.forEach(bay -> bay.handBack(false));
        waiting.forEach(Bay::goOn);
        return waiting;
    }

    /** A vCPU does not come back: the device that it called last hangs in a register handler. */
    private void blame(List<Integer> stuck) {
        for (int vcpu : stuck) {
            Optional<Device> culprit = bays.lastCalledBy(vcpu);
            LOG.log(System.Logger.Level.ERROR, "vCPU {0} does not come out of the guest: {1}", vcpu, guest.stack(vcpu));
            culprit.ifPresent(device -> device.bay()
                    .fence("an access to " + bays.cpu().exits(vcpu).lastAccess() + " has not returned", false));
        }
    }

    private void open(Wish wish, Cause cause) {
        boolean opened = false;
        for (List<Support> level : bays.levels().reversed()) {
            for (Support support : level) {
                if (!runs(support.bay()) && mayRun(wish, support.bay())) {
                    support.bay().open(cause);
                    opened |= runs(support.bay());
                }
            }
        }
        for (Device device : bays.devices()) {
            boolean ready =
                    device.supports().stream().allMatch(support -> support.keepsRequests() || runs(support.bay()));
            if (!runs(device.bay()) && ready && mayRun(wish, device)) {
                device.bay().open(cause);
                opened |= runs(device.bay());
            }
        }
        if (opened) {
            guest.gateOpened();
        }
        if (!runs(bays.scheduler()) && mayRun(wish, bays.scheduler())) {
            bays.scheduler().open(cause);
        }
        if (standing && mayRun(wish)) {
            go(cause);
        }
    }

    private void go(Cause cause) {
        Bay cpu = bays.cpu().bay();
        if (!runs(cpu)) {
            cpu.open(cause);
        }
        if (runs(cpu)) {
            standing = false;
            board.running(true);
            clock.start();
            guest.release();
        }
    }
}
