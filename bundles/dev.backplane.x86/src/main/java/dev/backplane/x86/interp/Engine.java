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

    /** An engine for a vCPU. {@code families} are asked after the integer instructions, which are built in. */
    public Engine(Cpu c, Decoder decoder, SystemUnit system, List<OpFamily> families) {
        this.c = c;
        this.system = system;
        var all = new ArrayList<OpFamily>();
        blocks = new Blocks(c, decoder, all);
        all.add(new IntegerFamily(blocks));
        all.addAll(families);
        c.mmu.watch(blocks);
    }

    /** Executes until there is a reason to stop. */
    public Stop run() {
        return run(Long.MAX_VALUE);
    }

    /** Executes until there is a reason to stop, or {@code c.instructions} is {@code limit}, exactly. */
    public Stop run(long limit) {
        c.mmu.running(true);
        c.softLimit = limit == Long.MAX_VALUE ? limit : limit - SLACK;
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
            Stop stop = c.instructions < c.softLimit ? block(false) : count(limit);
            if (stop != null) {
                return stop;
            }
        }
    }

    /** Drops decoded code of the page at an offset in RAM, which somebody wrote to behind the back of this vCPU, between two runs. */
    public void forget(long offset) {
        blocks.drop(offset);
    }

    /** Executes one instruction, or delivers one event. Returns null where there is no reason to stop. */
    public @Nullable Stop step() {
        c.mmu.running(true);
        try {
            long before = c.instructions;
            Stop stop = boundary();
            return stop != null || c.instructions != before ? stop : block(true);
        } finally {
            c.mmu.running(false);
        }
    }

    /** Executes from the block at {@code c.rip} until an op leaves the chain. */
    private @Nullable Stop block(boolean single) {
        Op op = null;
        try {
            op = single ? null : blocks.find(c);
            if (op == null) {
                op = single ? blocks.single() : blocks.get();
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
        return split ? block(true) : paused();
    }

    private @Nullable Stop paused() {
        if (c.paused) {
            c.paused = false;
            return Stop.PAUSED;
        }
        return null;
    }

    private @Nullable Stop faulted(@Nullable Op op) {
        if (op != null) {
            settle(op);
            if (c.faultAddress && op.usesStackAt(c, c.faultLinear)) {
                c.faultVector = Vector.SS;
            }
        }
        return system.deliverException(c) ? null : Stop.SHUTDOWN;
    }

    private Stop parked(@Nullable Op op) {
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
        c.pending = requests & ~(Registers.KICK | Registers.PAGES);
        if ((requests & Registers.PAGES) != 0) {
            c.mmu.serveMailbox();
        }
        if ((requests & Registers.KICK) != 0) {
            return Stop.KICKED;
        }
        boolean shadow = c.interruptShadow;
        if (shadow && (c.pending != 0 || stepping()) && !c.halted) {
            c.interruptShadow = false;
            // Neither interrupts nor the traps of breakpoints and TF come here: they wait for the next instruction's
            // end.
            c.watchHits = 0;
            Stop stop = block(true);
            if (stop != null) {
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
        int fault = c.debugging && !resumed ? c.mmu.watchpoints().instruction(c.linear(Seg.CS, c.rip)) : 0;
        if (fault != 0) {
            c.dr[6] |= fault;
            return trap();
        }
        boolean trap = (c.systemFlags & Bits.TF) != 0;
        long before = c.instructions;
        c.iterated = false;
        c.watchHits = 0;
        Stop stop = block(true);
        if (stop != null || c.instructions == before && !c.iterated) {
            return stop;
        }
        if (resumed && !c.iterated) {
            c.systemFlags &= ~Bits.RF;
        }
        if (c.watchHits != 0) {
            c.dr[6] |= c.watchHits;
            c.watchHits = 0;
            if (!trap) {
                return trap();
            }
        }
        return !trap || system.deliverSingleStep(c) ? null : Stop.SHUTDOWN;
    }

    /** #DB at the instruction that {@code c.rip} points at. */
    private @Nullable Stop trap() {
        c.fault(Vector.DB, -1);
        return system.deliverException(c) ? null : Stop.SHUTDOWN;
    }
}
