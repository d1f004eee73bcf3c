package dev.backplane.x86.interp;

import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.mmu.CodeWatch;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.GuestFault;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs one vCPU by interpretation, on its owner's thread. Between two calls of {@link #run} the vCPU is at an instruction
 * boundary and its registers may be read and changed; after a change of control registers, segments or flags from outside call
 * {@code Cpu.modeChanged()} and flush the TLB.
 */
public final class Engine {
    /**
     * The most instructions between two looks at the count: a page's, since direct branches link forward within a page only,
     * and a block.
     */
    private static final int SLACK = 4096 + 64;

    private final Cpu c;
    private final SystemUnit system;
    private final Blocks blocks;
    /** Where a counted run ends; lowered from within it. */
    private long runLimit;
    /** Where the stretch of it ends that is under way: there or earlier. */
    private long countedLimit;
    /** The operation that a counted run executes. */
    private @Nullable Op current;
    /** Exceptions that were delivered and do not count yet. */
    private long exceptions;

    /** Bits of DR6 that the load of SS before has met. */
    private int heldHits;
    /** The instruction is executed whatever breakpoint it has. */
    private boolean passing;

    /** An engine with as much decoded code as fits a process with one vCPU. */
    public Engine(Cpu c, Decoder decoder, SystemUnit system, List<OpFamily> families) {
        this(c, decoder, system, families, CodeBudget.ofHeap());
    }

    /**
     * An engine for a vCPU. {@code families} are asked after the integer instructions, which are built in; {@code budget} is
     * shared with the other vCPUs of the process.
     */
    public Engine(Cpu c, Decoder decoder, SystemUnit system, List<OpFamily> families, CodeBudget budget) {
        this.c = c;
        this.system = system;
        var all = new ArrayList<OpFamily>();
        blocks = new Blocks(c, decoder, all, budget.join());
        all.add(new IntegerFamily(blocks));
        all.addAll(families);
        c.mmu.watch(blocks);
    }

    /** Gives up the decoded code. It does not run any more. */
    public void close() {
        blocks.close();
    }

    /** Executes until there is a reason to stop. */
    public Stop run() {
        return run(Long.MAX_VALUE);
    }

    /** Executes until there is a reason to stop, or {@code c.instructions} is {@code limit}, exactly. */
    public Stop run(long limit) {
        c.mmu.running(true);
        c.softLimit = limit == Long.MAX_VALUE ? limit : limit - SLACK;
        if (observed()) {
            c.softLimit = Long.MIN_VALUE;
        }
        try {
            return loop(limit);
        } finally {
            c.mmu.running(false);
        }
    }

    /** As {@link #run(long)}, for an owner that has told {@code c.mmu.running} itself. */
    public Stop within(long limit) {
        c.softLimit = limit == Long.MAX_VALUE ? limit : limit - SLACK;
        return loop(limit);
    }

    /** What watches over its decoded code, for an owner that watches more: see {@code Mmu.watch}. */
    public CodeWatch code() {
        return blocks;
    }

    /**
     * The same for an owner whose time is the count of instructions: within the run {@link #executed} is exact, {@link
     * #lowerLimit} brings its end forward, and what is requested on this thread is seen behind the very instruction that
     * requested it, however code was divided into blocks. An exception counts as an instruction, so that a guest which does
     * nothing but fault comes to the end of its run. Slower than {@link #run(long)}.
     */
    public Stop runCounted(long limit) {
        c.mmu.running(true);
        try {
            beginCounted(limit);
            return countedWithin(limit);
        } finally {
            c.mmu.running(false);
        }
    }

    /** Begins a counted run whose owner executes some instructions itself, counts them, and has told {@code c.mmu.running}. */
    public void beginCounted(long limit) {
        runLimit = limit;
    }

    /** Where the counted run ends. */
    public long countedLimit() {
        return runLimit;
    }

    /** The same as {@link #runCounted} for a stretch of a run that has begun: up to a count, or to the run's end. */
    public Stop countedWithin(long limit) {
        c.softLimit = Long.MAX_VALUE;
        countedLimit = Math.min(limit, runLimit);
        exceptions = 0;
        Stop stop;
        do {
            stop = counted();
            c.instructions += exceptions;
            exceptions = 0;
        } while (stop == null);
        return stop;
    }

    /** Ends a counted run earlier: behind the instruction that is being executed where that count is reached already. */
    public void lowerLimit(long limit) {
        runLimit = Math.min(runLimit, limit);
        countedLimit = Math.min(countedLimit, limit);
    }

    /** Instructions executed: exact between two runs and within a counted one, where the current one does not count yet. */
    public long executed() {
        Op op = current;
        return op == null ? c.instructions : c.instructions + op.before();
    }

    /** Looks at what is pending, and executes a chain of blocks. */
    private @Nullable Stop counted() {
        if (c.instructions >= countedLimit) {
            return Stop.BUDGET;
        }
        if ((c.request | c.pending) != 0 || c.halted || c.interruptShadow || stepping()) {
            Stop stop = boundary();
            if (stop != null || stepping() || c.instructions >= countedLimit) {
                return stop;
            }
        }
        return countedBlock();
    }

    /** Executes op by op up to the limit, or to a request. */
    private @Nullable Stop countedBlock() {
        Op op = null;
        boolean split = false;
        try {
            op = blocks.find(c);
            if (op == null) {
                op = blocks.get();
            }
            while (op != null) {
                if (c.request != 0
                        || c.instructions + op.before() >= countedLimit
                        || (split = c.instructions + op.count > countedLimit)) {
                    settle(op);
                    break;
                }
                current = op;
                if (op.isInstruction()) {
                    trace(op);
                }
                op = op.exec(c);
            }
        } catch (GuestFault fault) {
            current = null;
            return faulted(op);
        } catch (ParkedAccess parked) {
            return parked(op);
        } finally {
            current = null;
        }
        return split ? single() : paused();
    }

    private Stop loop(long limit) {
        for (; ; ) {
            if (c.instructions >= limit) {
                return Stop.BUDGET;
            }
            if ((c.request | c.pending) != 0 || c.halted || c.interruptShadow || stepping()) {
                Stop stop = boundary();
                if (stop != null) {
                    return stop;
                }
                if (stepping()) {
                    continue;
                }
            }
            Stop stop = c.instructions < c.softLimit ? block() : count(limit);
            if (stop != null) {
                return stop;
            }
        }
    }

    /** Drops decoded code of the page at an offset in RAM, which somebody wrote to behind the back of this vCPU, between two runs. */
    public void forget(long offset) {
        blocks.drop(offset);
    }

    /**
     * To be called between two runs when a debugger's break- and watchpoints, or the tracer, have changed: drops all decoded code
     * and translations.
     */
    public void observationChanged() {
        blocks.dropAll();
        c.mmu.flushAll();
    }

    /** Whether somebody looks at every instruction or at their accesses. */
    public boolean observed() {
        return c.watched || c.tracer != null && c.tracer.wantsInstructions();
    }

    /** Executes one instruction, or delivers one event. Returns null where there is no reason to stop. */
    public @Nullable Stop step() {
        c.mmu.running(true);
        try {
            long before = c.instructions;
            Stop stop = boundary();
            if (stop == null && c.instructions == before && stepping()) {
                // An event was delivered, or what was requested was not there: its first instruction has traps as any.
                return boundary();
            }
            return stop != null || c.instructions != before ? stop : single();
        } finally {
            c.mmu.running(false);
        }
    }

    /**
     * Executes one instruction for a debugger: a breakpoint there does not count, and interrupts wait, unless the processor is
     * halted and they are what it waits for. Returns null where there is no reason to stop.
     */
    public @Nullable Stop instruction() {
        exceptions = 0;
        c.mmu.running(true);
        passing = true;
        try {
            if (c.halted) {
                return boundary();
            }
            int requests = c.pending | c.takeRequests();
            c.pending = requests & ~(Registers.KICK | Registers.PAGES | Registers.WATCHED);
            if ((requests & Registers.PAGES) != 0) {
                c.mmu.serveMailbox();
            }
            if ((requests & Registers.KICK) != 0) {
                return Stop.KICKED;
            }
            c.interruptShadow = false;
            c.stackShadow &= stepping();
            return stepping() ? traced() : single();
        } finally {
            passing = false;
            c.mmu.running(false);
        }
    }

    /** The same for an owner whose time is the count of instructions, exceptions among them. */
    public @Nullable Stop instructionCounted() {
        Stop stop = instruction();
        c.instructions += exceptions;
        exceptions = 0;
        return stop;
    }

    /**
     * Executes the instruction at {@code c.rip} for an owner that executes the others by itself: nothing is due before it, and
     * nobody observes. Returns null where there is no reason to stop.
     */
    public @Nullable Stop one() {
        return single(true);
    }

    private @Nullable Stop single() {
        if (!passing && c.mmu.stopPoints().executes(c.linear(Seg.CS, c.rip))) {
            return Stop.DEBUG;
        }
        return single(false);
    }

    /** Executes the instruction at {@code c.rip}, and no more; {@code kept}: decoded for longer. */
    private @Nullable Stop single(boolean kept) {
        Op op = null;
        try {
            op = kept ? blocks.keptSingle() : blocks.single();
            if (op.isInstruction()) {
                trace(op);
            }
            Op next = op.exec(c);
            if (next != null && !op.isInstruction()) {
                op = next;
                next = op.exec(c);
            }
            if (next != null && op.endsBlock()) {
                // A branch that has found a block to go on with.
                c.rip = next.rip(c);
            } else if (next != null) {
                next.exec(c);
            }
            return paused();
        } catch (GuestFault fault) {
            return faulted(op);
        } catch (ParkedAccess parked) {
            return parked(op);
        }
    }

    /** Executes op by op, with whoever looks at them. */
    private @Nullable Stop observe(long limit) {
        Op op = null;
        try {
            op = blocks.find(c);
            if (op == null) {
                op = blocks.get();
            }
            while (op != null) {
                boolean instruction = op.isInstruction();
                if (instruction
                        && (c.instructions + op.before() >= limit
                                || c.mmu.stopPoints().met())) {
                    settle(op);
                    break;
                }
                if (instruction) {
                    trace(op);
                }
                op = op.exec(c);
            }
            return paused();
        } catch (GuestFault fault) {
            return faulted(op);
        } catch (ParkedAccess parked) {
            return parked(op);
        }
    }

    private void trace(Op op) {
        if (c.tracer != null && c.tracer.wantsInstructions()) {
            c.tracer.instruction(c.linear(Seg.CS, op.rip(c)), op.end - op.offset);
        }
    }

    /** Executes from the block at {@code c.rip} until an op leaves the chain. */
    private @Nullable Stop block() {
        Op op = null;
        try {
            op = blocks.find(c);
            if (op == null) {
                op = blocks.get();
            }
            do {
                op = op.exec(c);
            } while (op != null);
            return paused();
        } catch (GuestFault fault) {
            return faulted(op);
        } catch (ParkedAccess parked) {
            return parked(op);
        }
    }

    /** Executes op by op up to the limit. */
    private @Nullable Stop count(long limit) {
        if (observed()) {
            return observe(limit);
        }
        Op op = null;
        boolean split = false;
        try {
            op = blocks.find(c);
            if (op == null) {
                op = blocks.get();
            }
            while (op != null) {
                if (c.instructions + op.before() >= limit || (split = c.instructions + op.count > limit)) {
                    settle(op);
                    break;
                }
                op = op.exec(c);
            }
        } catch (GuestFault fault) {
            return faulted(op);
        } catch (ParkedAccess parked) {
            return parked(op);
        }
        // Of a pair that is one operation, only the first instruction.
        return split ? single() : paused();
    }

    private @Nullable Stop paused() {
        if (c.paused) {
            c.paused = false;
            return c.mmu.stopPoints().executes(c.linear(Seg.CS, c.rip)) ? Stop.DEBUG : Stop.PAUSED;
        }
        return null;
    }

    private @Nullable Stop faulted(@Nullable Op op) {
        c.mmu.stopPoints().forget();
        if (op != null && c.faultSettled) {
            c.instructions += op.count;
        } else if (op != null) {
            settle(op);
            if (c.faultAddress && op.usesStackAt(c, c.faultLinear)) {
                c.faultVector = Vector.SS;
            }
        }
        exceptions++;
        return system.deliverException(c) ? null : Stop.SHUTDOWN;
    }

    private Stop parked(@Nullable Op op) {
        c.mmu.stopPoints().forget();
        if (op != null) {
            settle(op);
        }
        return Stop.PARKED;
    }

    private void settle(Op op) {
        c.rip = op.rip(c);
        c.instructions += op.before();
    }

    /** What can only happen between two instructions. */
    private @Nullable Stop boundary() {
        int requests = c.pending | c.takeRequests();
        c.pending = requests & ~(Registers.KICK | Registers.PAGES | Registers.WATCHED);
        if ((requests & Registers.PAGES) != 0) {
            c.mmu.serveMailbox();
        }
        if ((requests & Registers.WATCHED) != 0 && c.mmu.stopPoints().met()) {
            c.pending |= requests & Registers.KICK;
            return Stop.DEBUG;
        }
        if ((requests & Registers.KICK) != 0) {
            return Stop.KICKED;
        }
        boolean shadow = c.interruptShadow;
        if (shadow && (c.pending != 0 || stepping()) && !c.halted) {
            c.interruptShadow = false;
            if (stepping()) {
                return traced();
            }
            Stop stop = single();
            if (stop != null) {
                c.interruptShadow |= stop == Stop.DEBUG;
                return stop;
            }
        }
        if ((c.pending & Registers.NMI) != 0 && !c.nmiMasked) {
            c.pending &= ~Registers.NMI;
            c.halted = false;
            return system.deliverNmi(c) ? null : Stop.SHUTDOWN;
        }
        if ((c.pending & Registers.INTERRUPT) != 0 && (c.systemFlags & Bits.IF) != 0) {
            c.pending &= ~Registers.INTERRUPT;
            int vector = c.platform.acknowledgeInterrupt();
            if (vector >= 0) {
                c.halted = false;
                c.interruptShadow = false;
                return system.deliverInterrupt(c, vector) ? null : Stop.SHUTDOWN;
            }
        }
        c.interruptShadow = false;
        c.stackShadow = false;
        if (c.halted) {
            return Stop.HALTED;
        }
        return stepping() ? traced() : null;
    }

    private boolean stepping() {
        return (c.systemFlags & Bits.TF) != 0 || c.debugging;
    }

    /** One instruction with TF set or breakpoints enabled, and the traps it has earned. */
    private @Nullable Stop traced() {
        boolean resumed = (c.systemFlags & Bits.RF) != 0;
        boolean shielded = c.stackShadow;
        c.stackShadow = false;
        int fault = c.debugging && !resumed && !shielded ? c.mmu.watchpoints().instruction(c.linear(Seg.CS, c.rip)) : 0;
        if (fault != 0) {
            c.dr[6] |= fault;
            return trap();
        }
        boolean trap = (c.systemFlags & Bits.TF) != 0;
        long before = c.instructions;
        c.iterated = false;
        c.watchHits = shielded ? heldHits : 0;
        Stop stop = single();
        if (stop == Stop.PAUSED) {
            // PAUSE is complete, and its trap is due.
            stop = null;
        }
        if (stop != null || c.instructions == before && !c.iterated) {
            return stop;
        }
        if (resumed && !c.iterated) {
            c.systemFlags &= ~Bits.RF;
        }
        if (c.stackShadow) {
            // A load of SS: its traps wait for the next instruction's end.
            heldHits = c.watchHits;
            c.watchHits = 0;
            return null;
        }
        if (c.watchHits != 0) {
            c.dr[6] |= c.watchHits;
            c.watchHits = 0;
            if (!trap) {
                return trap();
            }
        }
        if (!trap) {
            return null;
        }
        // The trap of a HLT wakes it.
        c.halted = false;
        return system.deliverSingleStep(c) ? null : Stop.SHUTDOWN;
    }

    /** #DB at the instruction that {@code c.rip} points at. */
    private @Nullable Stop trap() {
        c.fault(Vector.DB, -1);
        return system.deliverException(c) ? null : Stop.SHUTDOWN;
    }
}
