package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.machine.ProcessorBoard;
import dev.backplane.api.scheduler.AdmittingScheduler;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.file.VmFile;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Gives a guest more vCPUs and takes some back, for those who ask. The engine has all from the start; the threads of those that the guest does
 * not have wait outside. What the guest has is the board's to say.
 */
final class ProcessorRequests {
    private static final System.Logger LOG = System.getLogger(ProcessorRequests.class.getName());

    private final Host host;
    private final VmFile file;
    /** On the control thread. */
    private @Nullable Leaving leaving;

    /** The machine. */
    interface Host {
        /** Runs something on its control thread; called on any other. */
        <T extends @Nullable Object> T command(Callable<T> command) throws VmException;

        /** Its life, on its control thread. */
        Life life() throws VmException;

        /** All that was allocated for it, while it lives. */
        Optional<Assembly> wired();

        /** Where it is in its life. */
        VmState state();

        /** How it ended. */
        CompletionStage<Vm.Outcome> outcome();
    }

    /** The vCPUs that the guest was asked for. */
    private record Leaving(BitSet vcpus, CompletableFuture<@Nullable Void> gone) {}

    ProcessorRequests(Host host, VmFile file) {
        this.host = host;
        this.file = file;
    }

    /** Any thread. */
    Vm.Processors count() {
        int present = host.wired()
                .map(Assembly::board)
                .filter(board -> file.maxCpus() > file.cpus())
                .map(board -> ((ProcessorBoard) board).processors().cardinality())
                .orElse(file.cpus());
        return new Vm.Processors(present, file.maxCpus());
    }

    /** Any thread but the control thread. */
    void set(int count, Duration patience) throws VmException {
        Leaving asked = host.command(() -> change(count));
        await(asked.gone, patience);
        String kept = host.command(() -> settled(asked));
        if (!kept.isEmpty()) {
            throw new VmException(
                    "%s: the guest has not given back %s within %.1f s: are they in use for something that cannot move, or has it no driver for that? It has them until it does"
                            .formatted(file.name(), kept, patience.toMillis() / 1e3));
        }
    }

    private Leaving change(int count) throws VmException {
        Assembly wired =
                host.wired().filter(made -> host.state() == VmState.RUNNING).orElse(null);
        if (wired == null) {
            throw new VmException(
                    "%s: vCPUs come and go while a machine runs only: it is %s".formatted(file.name(), host.state()));
        }
        if (file.maxCpus() == file.cpus() || !(wired.board() instanceof ProcessorBoard board)) {
            throw new VmException(
                    "%s keeps the vCPUs that it began with, %d: more and less need a VM file in which maxCpus is above cpus"
                            .formatted(file.name(), file.cpus()));
        }
        if (count < 1 || count > file.maxCpus()) {
            throw new VmException("cpus: %d: expected from 1 to %d, as maxCpus of %s has it"
                    .formatted(count, file.maxCpus(), file.name()));
        }
        if (leaving != null) {
            throw new VmException("%s is about to give vCPUs back already".formatted(file.name()));
        }
        BitSet has = board.processors();
        if (has.cardinality() < count) {
            grow(wired, board, count);
            has = board.processors();
        }
        Leaving asked = new Leaving(new BitSet(), new CompletableFuture<>());
        while (has.cardinality() > count) {
            int last = has.length() - 1;
            asked.vcpus.set(last);
            has.clear(last);
        }
        leaving = asked;
        asked.vcpus.stream().forEach(board::askForProcessor);
        check(board, asked);
        return asked;
    }

    /** Whoever schedules them agrees to all of them or to none. */
    private void grow(Assembly wired, ProcessorBoard board, int count) throws VmException {
        BitSet wanted = board.processors();
        while (wanted.cardinality() < count) {
            wanted.set(wanted.nextClearBit(0));
        }
        Optional<String> refusal = admit(wired, wanted);
        if (refusal.isPresent()) {
            throw new VmException("%s: the scheduler refuses %d vCPUs: %s: it keeps %d"
                    .formatted(
                            file.name(),
                            count,
                            refusal.get(),
                            board.processors().cardinality()));
        }
        try {
            wanted.andNot(board.processors());
            for (int next = wanted.nextSetBit(0); next >= 0; next = wanted.nextSetBit(next + 1)) {
                insert(wired, board, next);
            }
        } catch (VmException e) {
            admit(wired, board.processors());
            throw e;
        }
    }

    private static Optional<String> admit(Assembly wired, BitSet present) {
        return wired.bays()
                .scheduler()
                .ask(AdmittingScheduler.class, "admit", able -> able.admit((BitSet) present.clone()));
    }

    /** Whatever the guest may have sent to it meanwhile: it waits for its start-up message. */
    private void insert(Assembly wired, ProcessorBoard board, int vcpu) throws VmException {
        Partition engine = wired.bays()
                .cpu()
                .partition()
                .orElseThrow(() -> new VmException(file.name() + " has no engine for its vCPUs at the moment"));
        host.life().outside(() -> engine.load(vcpu, waiting(engine.state(vcpu))));
        BitSet more = board.processors();
        more.set(vcpu);
        wired.group().present(more);
        board.insertProcessor(vcpu);
        LOG.log(System.Logger.Level.INFO, "{0}: the guest is given vCPU {1}", file.name(), vcpu);
    }

    private static VcpuState waiting(VcpuState was) {
        return new VcpuState(
                Activity.WAIT_FOR_SIPI,
                was.general(),
                was.rip(),
                was.rflags(),
                was.segments(),
                was.gdtr(),
                was.idtr(),
                was.cr0(),
                was.cr2(),
                was.cr3(),
                was.cr4(),
                was.cr8(),
                was.xcr0(),
                was.debug(),
                was.msrs(),
                was.xsave(),
                was.apic(),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }

    /** The guest has given one back. On the control thread. */
    void ejected(int vcpu) {
        Assembly wired = host.wired().orElse(null);
        if (wired != null && wired.board() instanceof ProcessorBoard board) {
            wired.group().present(board.processors());
            admit(wired, board.processors())
                    .ifPresent(failure -> LOG.log(
                            System.Logger.Level.WARNING,
                            "{0}: the scheduler and fewer vCPUs: {1}",
                            file.name(),
                            failure));
            LOG.log(System.Logger.Level.INFO, "{0}: the guest has given vCPU {1} back", file.name(), vcpu);
            Leaving asked = leaving;
            if (asked != null) {
                check(board, asked);
            }
        }
    }

    private static void check(ProcessorBoard board, Leaving asked) {
        asked.vcpus.and(board.processors());
        if (asked.vcpus.isEmpty()) {
            asked.gone.complete(null);
        }
    }

    /** Nobody waits any more. Returns what the guest has kept. */
    private String settled(Leaving asked) {
        leaving = null;
        int kept = asked.vcpus.cardinality();
        return kept == 0 ? "" : kept == 1 ? "vCPU " + asked.vcpus.nextSetBit(0) : "vCPUs " + asked.vcpus;
    }

    /** A machine that ends gives nothing back any more. */
    private void await(CompletableFuture<?> gone, Duration patience) {
        try {
            CompletableFuture.anyOf(gone, host.outcome().toCompletableFuture())
                    .get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // What has gone is looked at by who called.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
