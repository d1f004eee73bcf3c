package dev.backplane.x86.vcpu;

import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.StopPoint;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.mmu.PageTables;
import dev.backplane.x86.mmu.StopPoints;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a debugger has of one vCPU. Without one, {@link #run} only runs the engine. */
final class Debugging {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Cpu cpu;
    private final GuestRam ram;
    private final Engine engine;
    private final Execution execution;
    private List<StopPoint> data = List.of();
    private Optional<DebugStop> stop = Optional.empty();
    /** The next instruction is executed by itself: it is a step, or a breakpoint stands before it that was met already. */
    private boolean alone;

    private boolean step;

    Debugging(Cpu cpu, GuestRam ram, Engine engine, Execution execution) {
        this.cpu = cpu;
        this.ram = ram;
        this.engine = engine;
        this.execution = execution;
    }

    /** Runs the engine until there is a reason to stop, or to a count of instructions, which is counted then. */
    Stop run(long limit) {
        boolean counted = limit != SoftVcpu.UNLIMITED;
        if (alone) {
            if (cpu.instructions >= limit) {
                return Stop.BUDGET;
            }
            Stop early = counted ? engine.instructionCounted() : engine.instruction();
            if (early != null && early != Stop.PAUSED) {
                return early == Stop.DEBUG ? met() : early;
            }
            alone = false;
            if (step) {
                step = false;
                stop = Optional.of(DebugStop.of(DebugStop.Cause.STEP));
                if (cpu.mmu.stopPoints().met()) {
                    met();
                }
                return Stop.DEBUG;
            }
        }
        Stop why = counted ? execution.runCounted(limit) : execution.run();
        return why == Stop.DEBUG ? met() : why;
    }

    private Stop met() {
        int watch = cpu.mmu.stopPoints().met(true);
        if (watch >= 0) {
            stop = Optional.of(
                    DebugStop.at(data.get(watch), cpu.mmu.stopPoints().metAddress()));
        } else {
            long linear = cpu.linear(Seg.CS, cpu.rip);
            stop = Optional.of(DebugStop.at(new StopPoint(StopPoint.Kind.EXECUTE, linear, 1), linear));
        }
        return Stop.DEBUG;
    }

    void stopPoints(List<StopPoint> points) {
        data = points.stream()
                .filter(point -> point.kind() != StopPoint.Kind.EXECUTE)
                .toList();
        long[] code = points.stream()
                .filter(point -> point.kind() == StopPoint.Kind.EXECUTE)
                .mapToLong(StopPoint::address)
                .toArray();
        cpu.mmu
                .stopPoints()
                .set(
                        code,
                        data.stream().mapToLong(StopPoint::address).toArray(),
                        data.stream().mapToInt(StopPoint::length).toArray(),
                        data.stream().mapToInt(point -> accesses(point.kind())).toArray());
        engine.observationChanged();
    }

    private static int accesses(StopPoint.Kind kind) {
        return switch (kind) {
            case EXECUTE -> 0;
            case WRITE -> StopPoints.WRITE;
            case READ -> StopPoints.READ;
            case ACCESS -> StopPoints.READ | StopPoints.WRITE;
        };
    }

    void proceed(boolean single) {
        alone = single || stop.isPresent();
        step = single;
        stop = Optional.empty();
        cpu.mmu.stopPoints().forget();
    }

    Optional<DebugStop> stop() {
        return stop;
    }

    long translate(long linear) {
        return new PageTables(cpu.cr0, cpu.cr3, cpu.cr4, cpu.efer).translate(linear, this::word);
    }

    /** Reads RAM by linear address up to the first byte that is not mapped to it; returns how many bytes. */
    int read(long linear, byte[] target) {
        int done = 0;
        while (done < target.length) {
            long at = linear + done;
            int length = (int) Math.min(target.length - done, GuestRam.PAGE_BYTES - (at & GuestRam.PAGE_BYTES - 1));
            long gpa = translate(at);
            long offset = gpa == -1 ? -1 : ram.offset(gpa);
            if (offset < 0) {
                break;
            }
            MemorySegment.copy(ram.bytes(), ValueLayout.JAVA_BYTE, offset, target, done, length);
            done += length;
        }
        return done;
    }

    void trace(Set<TraceKind> kinds, TraceSink sink) {
        cpu.tracer = kinds.isEmpty() ? null : new TraceWriter(cpu, this::read, kinds, sink);
        engine.observationChanged();
        if (kinds.contains(TraceKind.BLOCKS) && !execution.translates()) {
            sink.line(cpu.index, TraceKind.BLOCKS, 0, "this CPU backend translates no blocks");
        }
    }

    private long word(long address) {
        long offset = ram.offset(address);
        return offset < 0 ? 0 : ram.bytes().get(U64, offset);
    }
}
