package dev.backplane.cpu.bt.internal;

import dev.backplane.cpu.bt.internal.run.BlockWatch;
import dev.backplane.cpu.bt.internal.run.Counters;
import dev.backplane.cpu.bt.internal.run.Translation;
import dev.backplane.cpu.bt.internal.translate.Exits;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.vcpu.Execution;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One vCPU's translated code as the vCPU sees it. A debugger or tracer gets the interpreter. */
final class BtExecution implements Execution {
    /** Translated code that is kept for a vCPU. */
    private static final int CODE_BYTES = 32 << 20;

    private final Cpu cpu;
    private final Engine interpreter;
    private final Supplier<Decoder> decoders;
    private final BlockWatch watch;
    /** Made with the first run, which tells whether runs are counted. */
    private volatile @Nullable Translation translation;

    private volatile boolean counted;

    BtExecution(Cpu cpu, Engine interpreter, Supplier<Decoder> decoders, BlockWatch watch) {
        this.watch = watch;
        this.cpu = cpu;
        this.interpreter = interpreter;
        this.decoders = decoders;
    }

    @Override
    public Stop run() {
        return observed() ? interpreter.run() : translation(Fidelity.USUAL).run();
    }

    @Override
    public Stop runCounted(long limit) {
        return observed()
                ? interpreter.runCounted(limit)
                : translation(Fidelity.COUNTED).runCounted(limit);
    }

    private boolean observed() {
        return interpreter.observed() || cpu.mmu.stopPoints().any();
    }

    private Translation translation(Fidelity fidelity) {
        Translation made = translation;
        if (made == null) {
            made = new Translation(cpu, interpreter, decoders.get(), CODE_BYTES, fidelity, watch);
            counted = fidelity == Fidelity.COUNTED;
            translation = made;
        }
        return made;
    }

    @Override
    public boolean translates() {
        return true;
    }

    @Override
    public boolean counts() {
        return counted;
    }

    @Override
    public Map<String, Long> statistics() {
        Translation made = translation;
        if (made == null) {
            return Map.of();
        }
        Counters counters = made.counters();
        Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("translated.blocks", counters.blocks);
        figures.put("translated.code-bytes", (long) made.codeBytes());
        figures.put("translated.pages-dropped", counters.dropped);
        figures.put("translated.flushes", counters.flushes);
        figures.put("translated.interpreted", counters.interpreted);
        for (int kind = 0; kind < Exits.KINDS; kind++) {
            figures.put("translated.exits." + Exits.name(kind), counters.exits[kind]);
        }
        return figures;
    }

    @Override
    public void close() {
        Translation made = translation;
        if (made != null) {
            made.close();
        }
    }
}
