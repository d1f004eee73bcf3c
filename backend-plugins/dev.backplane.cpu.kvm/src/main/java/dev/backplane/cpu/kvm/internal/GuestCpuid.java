package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.kvm.KvmCpuidEntry;
import dev.backplane.x86.system.CpuModel;
import dev.backplane.x86.system.CpuidTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * The machine's answers to CPUID, which are every backend's, less the features that this host's KVM does not have. What is
 * taken away is kept as text.
 */
final class GuestCpuid {
    private static final int FEATURES = 1;
    private static final int POWER = 6;
    private static final int MORE_FEATURES = 7;
    private static final int EXTENDED_STATE = 0xd;
    private static final int PARAVIRTUAL = 0x4000_0001;
    private static final int EXTENDED_FEATURES = 0x8000_0001;
    private static final int ADVANCED_POWER = 0x8000_0007;

    /** TSC_DEADLINE and HYPERVISOR, which some hosts do not list: the first is a capability of its own, the second is ours. */
    private static final int OWN_1_ECX = 1 << 24 | 1 << 31;

    private static final int XSAVE = 1 << 26;
    /** HTT: several vCPUs. */
    private static final int OWN_1_EDX = 1 << 28;
    /** ARAT: the host's timer does not stop. */
    private static final int OWN_6_EAX = 1 << 2;

    /** FMA, MOVBE, XSAVE, AVX and F16C; BMI1, AVX2 and BMI2; LZCNT: what the third level is named for. */
    private static final int VECTORS_1_ECX = 1 << 12 | 1 << 22 | XSAVE | 1 << 28 | 1 << 29;

    private static final int VECTORS_7_EBX = 1 << 3 | 1 << 5 | 1 << 8;
    private static final int VECTORS_EXTENDED_ECX = 1 << 5;
    /** The state of AVX. */
    private static final int VECTORS_13_EAX = 4;

    private final List<KvmCpuidEntry> supported;
    private final TreeSet<String> missing = new TreeSet<>();

    GuestCpuid(List<KvmCpuidEntry> supported) {
        this.supported = supported;
    }

    /** The answers of one vCPU. */
    List<KvmCpuidEntry> of(CpuModel model, int index, int vcpus, long tscHz) {
        List<KvmCpuidEntry> entries = new ArrayList<>();
        for (CpuidTable.Entry entry : CpuidTable.of(model, index, vcpus, tscHz).entries()) {
            entries.add(limited(entry));
        }
        return List.copyOf(entries);
    }

    /** What the model has and the host has not, for people; empty where there is nothing. */
    String missing() {
        return String.join(", ", missing);
    }

    /** What of a model's vectors the host has not, for people; empty where nothing is missing: guests rely on a level as a whole. */
    String vectorsMissing(CpuModel model) {
        TreeSet<String> lost = new TreeSet<>();
        if (model.hasAvx()) {
            lost(lost, "1.ecx", VECTORS_1_ECX, KvmCpuidEntry::ecx, FEATURES);
            lost(lost, "7.ebx", VECTORS_7_EBX, KvmCpuidEntry::ebx, MORE_FEATURES);
            lost(lost, "d.eax", VECTORS_13_EAX, KvmCpuidEntry::eax, EXTENDED_STATE);
            lost(lost, "80000001.ecx", VECTORS_EXTENDED_ECX, KvmCpuidEntry::ecx, EXTENDED_FEATURES);
        }
        return String.join(", ", lost);
    }

    private void lost(
            TreeSet<String> to, String register, int wanted, ToIntFunction<KvmCpuidEntry> possible, int leaf) {
        int bits = wanted & ~possible.applyAsInt(find(new CpuidTable.Entry(leaf, 0, 0, 0, 0, 0)));
        if (bits != 0) {
            to.add("CPUID %s 0x%x".formatted(register, bits));
        }
    }

    private KvmCpuidEntry limited(CpuidTable.Entry entry) {
        KvmCpuidEntry host = find(entry);
        int eax = entry.eax();
        int ebx = entry.ebx();
        int ecx = entry.ecx();
        int edx = entry.edx();
        switch (entry.leaf()) {
            case FEATURES -> {
                ecx = limit(entry, "ecx", ecx, host.ecx() | OWN_1_ECX);
                edx = limit(entry, "edx", edx, host.edx() | OWN_1_EDX);
            }
            case POWER -> eax = limit(entry, "eax", eax, host.eax() | OWN_6_EAX);
            case MORE_FEATURES -> {
                if (entry.subleaf() == 0) {
                    eax = Math.min(eax, host.eax());
                }
                ebx = limit(entry, "ebx", ebx, host.ebx());
                ecx = limit(entry, "ecx", ecx, host.ecx());
                edx = limit(entry, "edx", edx, host.edx());
            }
            case EXTENDED_STATE -> {
                if (!hasXsave()) {
                    return entry(entry, 0, 0, 0, 0);
                }
                eax = limit(entry, "eax", eax, host.eax());
            }
            case PARAVIRTUAL -> eax = limit(entry, "eax", eax, host.eax());
            case EXTENDED_FEATURES -> {
                ecx = limit(entry, "ecx", ecx, host.ecx());
                edx = limit(entry, "edx", edx, host.edx());
            }
            case ADVANCED_POWER -> edx = limit(entry, "edx", edx, host.edx());
            default -> {
                // No features: names, sizes, frequencies.
            }
        }
        return entry(entry, eax, ebx, ecx, edx);
    }

    private boolean hasXsave() {
        return supported.stream().anyMatch(entry -> entry.function() == FEATURES && (entry.ecx() & XSAVE) != 0);
    }

    private static KvmCpuidEntry entry(CpuidTable.Entry entry, int eax, int ebx, int ecx, int edx) {
        boolean indexed = entry.subleaf() >= 0;
        return new KvmCpuidEntry(entry.leaf(), indexed ? entry.subleaf() : 0, indexed, eax, ebx, ecx, edx);
    }

    private int limit(CpuidTable.Entry entry, String register, int wanted, int possible) {
        int lost = wanted & ~possible;
        if (lost != 0) {
            String leaf = Integer.toHexString(entry.leaf()) + (entry.subleaf() > 0 ? "." + entry.subleaf() : "");
            missing.add("%s.%s 0x%x".formatted(leaf, register, lost));
        }
        return wanted & possible;
    }

    private KvmCpuidEntry find(CpuidTable.Entry entry) {
        int index = Math.max(entry.subleaf(), 0);
        Optional<KvmCpuidEntry> found = supported.stream()
                .filter(host -> host.function() == entry.leaf() && (!host.indexed() || host.index() == index))
                .findFirst();
        return found.orElse(new KvmCpuidEntry(entry.leaf(), index, false, 0, 0, 0, 0));
    }
}
