package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.host.CodeMemory;
import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.BlockTranslator;
import dev.backplane.cpu.bt.internal.translate.ExitTable;
import dev.backplane.cpu.bt.internal.translate.Exits;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.mmu.CodeWatch;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.GuestFault;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.vcpu.ExecutionFailure;
import org.jspecify.annotations.Nullable;

/**
 * Runs one vCPU: 64-bit code translated, everything else by the interpreter, on the same {@link Cpu}. On the vCPU's thread.
 *
 * <p>In emitted code the general registers and arithmetic flags are in the {@link StateArea}; {@link #execute} moves them there and
 * back, so that everybody else finds them in the {@code Cpu}.
 */
public final class Translation implements AutoCloseable {
    /** Instructions outside of 64-bit mode that are interpreted at a time. */
    private static final int OTHER_MODES = 1000;

    private final Cpu c;
    private final Engine interpreter;
    private final StateArea state;
    private final CodeMemory memory;
    private final ExitTable exits = new ExitTable();
    private final Stubs stubs;
    private final JumpCache jumps;
    private final CodeCache cache;
    private final Counters counters = new Counters();
    /** The mode that the entries of the jump caches are for. */
    private int jumpMode;

    private final boolean counted;

    private boolean simd;
    /** Where the stretch ends that is under way. */
    private long limit;

    /**
     * Joins a vCPU and its interpreter.
     *
     * @param decoder one of its own, for the CPU model
     * @param codeBytes how much translated code is kept
     * @param fidelity what of the state is kept; it is for counted runs, or for others
     * @param watch who looks at blocks before they run
     */
    public Translation(Cpu c, Engine interpreter, Decoder decoder, int codeBytes, Fidelity fidelity, BlockWatch watch) {
        this.c = c;
        counted = fidelity == Fidelity.COUNTED;
        this.interpreter = interpreter;
        memory = new CodeMemory(codeBytes);
        stubs = new Stubs(memory);
        state = new StateArea(c);
        jumps = new JumpCache(state);
        cache = new CodeCache(
                c,
                new BlockTranslator(decoder, HostProbe.features(), fidelity, exits),
                exits,
                memory,
                stubs.bytes(),
                jumps,
                counters,
                watch);
        c.mmu.watch(jumps);
        c.mmu.watch(new BothWatch(interpreter.code(), cache));
    }

    /** What it has done. */
    public Counters counters() {
        return counters;
    }

    /** How much of the code memory is in use, in bytes. Any thread. */
    public int codeBytes() {
        return cache.used();
    }

    /** Executes until there is a reason to stop. */
    public Stop run() {
        c.mmu.running(true);
        try {
            return loop();
        } finally {
            c.mmu.running(false);
        }
    }

    /** Executes until there is a reason to stop, or so many instructions are counted: see {@link Engine#runCounted}. */
    public Stop runCounted(long toCount) {
        c.mmu.running(true);
        try {
            interpreter.beginCounted(toCount);
            return loop();
        } finally {
            c.mmu.running(false);
        }
    }

    private Stop loop() {
        for (; ; ) {
            limit = counted ? interpreter.countedLimit() : Long.MAX_VALUE;
            if (c.instructions >= limit) {
                return Stop.BUDGET;
            }
            Stop stop;
            if (c.request != 0) {
                state.clearPoll();
                stop = interpret(1);
            } else if (boundary()) {
                stop = interpret(1);
            } else if (!translated()) {
                stop = interpret(OTHER_MODES);
            } else {
                stop = block();
            }
            if (stop != Stop.BUDGET) {
                return stop;
            }
        }
    }

    /** Something that only the interpreter does is due before the next instruction, or instead of its translation. */
    private boolean boundary() {
        return c.halted
                || c.interruptShadow
                || c.debugging
                || (c.systemFlags & Bits.TF) != 0
                || (c.pending & Registers.INTERRUPT) != 0 && (c.systemFlags & Bits.IF) != 0
                || (c.pending & Registers.NMI) != 0 && !c.nmiMasked
                || c.mmu.alignmentChecked();
    }

    /** 64-bit code, of the two privileges that emitted code changes between. */
    private boolean translated() {
        return c.long64 && (c.cpl == 0 || c.cpl == 3);
    }

    private Stop interpret(int instructions) {
        counters.interpreted++;
        long until = c.instructions + instructions;
        return counted ? interpreter.countedWithin(until) : interpreter.within(until);
    }

    /** The interpreter executes the next instruction: nothing is due before it. */
    private Stop interpretOne() {
        if (counted) {
            return interpret(1);
        }
        counters.interpreted++;
        Stop stop = interpreter.one();
        return stop == null ? Stop.BUDGET : stop;
    }

    private Stop block() {
        CodeBlock block = find(c.rip);
        return block == null || block.entry < 0 ? interpretOne() : execute(block);
    }

    /** The block at an instruction pointer; null where the interpreter is to find out why there is none. */
    private @Nullable CodeBlock find(long rip) {
        try {
            return cache.get(rip);
        } catch (GuestFault fault) {
            return null;
        } catch (ExecutionFailure failure) {
            // For the report.
            c.rip = rip;
            throw failure;
        }
    }

    /** The block to go on with; null also at the end of a counted run: nothing behind it is to be fetched. */
    private @Nullable CodeBlock following(long rip) {
        return counted && state.get(StateArea.LEFT) == 0 ? null : find(rip);
    }

    private Stop execute(CodeBlock first) {
        simd = StateArea.simd(c);
        try {
            return emitted(first);
        } catch (ExecutionFailure failure) {
            // The report shows the guest as emitted code has left it.
            state.leave(simd);
            throw failure;
        }
    }

    /** What only a fault of our own can make of an exit: better the end of this machine than of the process. */
    void check(int kind, int exit) {
        if (kind < 0 || kind >= Exits.KINDS || exit < 0 || exit >= exits.count()) {
            throw new ExecutionFailure(
                    "emitted code left by an exit of kind %d with number %d, of which there are %d of %d kinds"
                            .formatted(kind, exit, exits.count(), Exits.KINDS));
        }
    }

    private Stop emitted(CodeBlock first) {
        int mode = CodeCache.modeOfAllSets(c);
        if (jumpMode != mode) {
            jumpMode = mode;
            jumps.flushedAll();
        }
        state.enter(simd);
        if (counted) {
            state.put(StateArea.LEFT, limit - c.instructions);
        }
        long code = memory.address(first.entry);
        for (; ; ) {
            long left = stubs.enter(state.address(), code);
            int kind = Stubs.kind(left);
            check(kind, Stubs.exit(left));
            counters.exits[kind]++;
            state.follow(Stubs.moved(left));
            int exit = Stubs.exit(left);
            long rip = exits.rip(exit);
            int a = exits.a(exit);
            int b = exits.b(exit);
            CodeBlock next;
            switch (kind) {
                case Exits.MISS -> {
                    if (!filled(state.get(StateArea.VALUE), b)) {
                        return single(rip, b >> 16);
                    }
                    code = memory.address(a);
                    continue;
                }
                case Exits.CLOCK -> {
                    if (!readClock((b & Exits.PROCESSOR) != 0)) {
                        return single(rip, b & ~Exits.PROCESSOR);
                    }
                    code = memory.address(a);
                    continue;
                }
                case Exits.LINK -> {
                    long flushes = counters.flushes;
                    next = following(rip);
                    boolean linkable = next != null && next.entry >= 0 && next.at / 4096 == b;
                    if (linkable && counters.flushes == flushes) {
                        cache.link(a, next);
                    }
                }
                case Exits.JUMP -> {
                    // Indirect jumps come here also for what was requested, and would again when somebody else has
                    // served it.
                    state.clearPoll();
                    long target = state.get(StateArea.VALUE);
                    if (target << c.canonicalShift >> c.canonicalShift != target) {
                        long rsp = StateArea.REGISTERS + 8L * Gpr.RSP;
                        state.put((int) rsp, state.get((int) rsp) + a);
                        return single(rip, 1);
                    }
                    rip = target;
                    next = following(rip);
                    if (next != null && next.entry >= 0) {
                        boolean everywhere = c.mmu.executableEverywhere(rip)
                                && (next.second < 0 || c.mmu.executableEverywhere((rip | 4095) + 1));
                        jumps.put(c.mmu.set(), rip, memory.address(next.entry), everywhere);
                    }
                }
                case Exits.POLL -> {
                    state.clearPoll();
                    return left(rip);
                }
                case Exits.LEAVE -> {
                    return left(rip);
                }
                case Exits.LIMIT -> {
                    undo(b);
                    left(rip);
                    return interpret((int) (limit - c.instructions));
                }
                default -> {
                    return single(rip, b);
                }
            }
            if (next == null || next.entry < 0 || c.request != 0) {
                return left(rip);
            }
            code = memory.address(next.entry);
        }
    }

    /** RDTSC or RDTSCP. False: the interpreter is to fault. */
    private boolean readClock(boolean processor) {
        if (c.cpl != 0 && (c.cr4 & Bits.CR4_TSD) != 0 || c.request != 0) {
            return false;
        }
        long now = c.platform.timestamp();
        state.put(StateArea.REGISTERS + 8 * Gpr.RAX, now & 0xFFFF_FFFFL);
        state.put(StateArea.REGISTERS + 8 * Gpr.RDX, now >>> 32);
        if (processor) {
            state.put(StateArea.REGISTERS + 8 * Gpr.RCX, c.tscAux & 0xFFFF_FFFFL);
        }
        return true;
    }

    /** Brings a translation into the TLB. False: the access takes another way, or faults. */
    private boolean filled(long linear, int access) {
        int size = access & 0xFF;
        if ((linear & 4095) > 4096 - size) {
            return false;
        }
        try {
            return c.mmu.fill(linear, (access & Exits.WRITE) != 0 ? Mmu.W : 0);
        } catch (GuestFault fault) {
            return false;
        }
    }

    private Stop left(long rip) {
        state.leave(simd);
        c.rip = rip;
        if (counted) {
            c.instructions = limit - state.get(StateArea.LEFT);
        }
        return Stop.BUDGET;
    }

    /** So many instructions of the block were not done. */
    private void undo(int open) {
        if (counted) {
            state.put(StateArea.LEFT, state.get(StateArea.LEFT) + open);
        }
    }

    /** Emitted code was left at an instruction that the interpreter is to execute, and so many of its block with that open. */
    private Stop single(long rip, int open) {
        undo(open);
        left(rip);
        return c.request != 0 ? Stop.BUDGET : interpretOne();
    }

    @Override
    public void close() {
        memory.close();
    }

    /** Stores concern the interpreter's decoded code and the translated. */
    private record BothWatch(CodeWatch decoded, CodeWatch translated) implements CodeWatch {
        @Override
        public void written(long offset, long length) {
            decoded.written(offset, length);
            translated.written(offset, length);
        }

        @Override
        public void writtenAnywhere() {
            decoded.writtenAnywhere();
            translated.writtenAnywhere();
        }

        @Override
        public boolean covers(long offset, long length) {
            return decoded.covers(offset, length) || translated.covers(offset, length);
        }
    }
}
