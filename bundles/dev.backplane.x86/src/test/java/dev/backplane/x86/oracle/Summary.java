package dev.backplane.x86.oracle;

import dev.backplane.x86.oracle.Laboratory.Trial;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a run has compared. */
final class Summary {
    private final Set<String> covered = new LinkedHashSet<>();
    private final Set<String> masked = new LinkedHashSet<>();
    private final Map<String, String> skipped = new LinkedHashMap<>();
    private final Map<String, String> lacking = new LinkedHashMap<>();
    private final Map<String, String> different = new LinkedHashMap<>();
    private final Map<String, Long> variants = new TreeMap<>();
    private final Map<Integer, Long> vectors = new TreeMap<>();
    private long states;

    void covered(Form form, boolean hasMask) {
        covered.add(form.id());
        if (hasMask) {
            masked.add(form.id());
        }
    }

    void skipped(Form form, String reason) {
        skipped.put(form.id(), "%s: %s".formatted(form.mnemonic(), reason));
    }

    void lacking(Form form) {
        lacking.put(form.id(), form.feature());
    }

    void different(Form form, String text) {
        different.putIfAbsent(form.id(), text);
    }

    /** Counts a state by what is special about it. */
    void count(Trial t) {
        states++;
        vectors.merge(t.silicon().vector, 1L, Long::sum);
        var insn = t.insn();
        variant(insn.memory && insn.base == Gpr.IP, "RIP-relative");
        variant(insn.memory && insn.index < 16, "with an index");
        variant(insn.addressBytes == 4 && insn.mode == 2, "address size 32");
        variant(insn.segmentOverride == Seg.FS, "FS");
        variant(insn.segmentOverride == Seg.GS, "GS");
        variant(insn.lock, "LOCK");
        variant(insn.repeat != 0 && !t.form().extra().isEmpty(), "REP");
        variant(insn.rex != 0, "REX");
        variant(insn.opcode.has(dev.backplane.x86.decode.Opcode.BYTE) && insn.highByte(insn.reg), "high byte");
        variant((t.in().rflags & Bits.TF) != 0, "TF");
        variant((t.in().rflags & Bits.AC) != 0, "AC");
        variant((t.in().rflags & Bits.DF) != 0, "DF");
    }

    private void variant(boolean is, String name) {
        if (is) {
            variants.merge(name, 1L, Long::sum);
        }
    }

    /** Whether the host could run everything. */
    boolean isComplete() {
        return lacking.isEmpty();
    }

    /** Every form that was met. */
    Set<String> seen() {
        var all = new LinkedHashSet<String>(covered);
        all.addAll(skipped.keySet());
        all.addAll(lacking.keySet());
        return all;
    }

    String text(long seed, Masks masks) {
        var text = new StringBuilder(
                "Silicon oracle on %s, seed %d: %d opcode forms implemented, %d covered by %d states (%d of them with a mask), %d skipped%n"
                        .formatted(
                                HostCpu.name(),
                                seed,
                                seen().size(),
                                covered.size(),
                                states,
                                masked.size(),
                                skipped.size()));
        text.append("  states: %s%n  ended with vector: %s%n".formatted(variants, vectors));
        masks.usage().forEach(line -> text.append("  masked: %s%n".formatted(line)));
        new LinkedHashSet<>(skipped.values()).forEach(line -> text.append("  skipped: %s%n".formatted(line)));
        if (!lacking.isEmpty()) {
            text.append("  the host lacks: %s (%d forms)%n".formatted(Set.copyOf(lacking.values()), lacking.size()));
        }
        different.values().forEach(line -> text.append("  different: %s%n".formatted(line)));
        return text.toString();
    }
}
