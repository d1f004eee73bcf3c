package dev.backplane.bench.internal;

import dev.backplane.x86.system.CpuModel;

/** A CPU model in the words of QEMU's {@code -cpu}. What QEMU's software CPU lacks it leaves out by itself, with a warning. */
final class QemuFeatures {
    private static final String[] LEAF_1_ECX = {
        "pni",
        "pclmulqdq",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "ssse3",
        "",
        "",
        "fma",
        "cx16",
        "",
        "",
        "",
        "pcid",
        "",
        "sse4.1",
        "sse4.2",
        "x2apic",
        "movbe",
        "popcnt",
        "tsc-deadline",
        "aes",
        "xsave",
        "",
        "avx",
        "f16c",
        "rdrand",
        "hypervisor"
    };
    private static final String[] LEAF_1_EDX = {
        "fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", "", "sep", "mtrr", "pge", "mca", "cmov",
        "pat", "pse36", "", "clflush", "", "", "", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "", "", ""
    };
    private static final String[] LEAF_7_EBX = {
        "fsgsbase",
        "tsc-adjust",
        "",
        "bmi1",
        "",
        "avx2",
        "",
        "smep",
        "bmi2",
        "erms",
        "invpcid",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "rdseed",
        "adx",
        "smap",
        "",
        "",
        "clflushopt",
        "clwb",
        "",
        "",
        "",
        "",
        "sha-ni",
        "",
        ""
    };
    private static final String[] LEAF_7_ECX = {
        "", "", "umip", "", "", "", "", "", "", "", "", "", "", "", "", "", "la57", "", "", "", "", "", "rdpid", "", "",
        "", "", "", "", "", "", ""
    };
    private static final String[] LEAF_7_EDX = {
        "",
        "",
        "",
        "",
        "fsrm",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "spec-ctrl",
        "",
        "",
        "arch-capabilities",
        "",
        ""
    };
    private static final String[] LEAF_13_EAX = {
        "xsaveopt",
        "xsavec",
        "xgetbv1",
        "xsaves",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        ""
    };
    private static final String[] EXTENDED_ECX = {
        "lahf-lm",
        "",
        "",
        "",
        "",
        "abm",
        "",
        "",
        "3dnowprefetch",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        ""
    };
    private static final String[] EXTENDED_EDX = {
        "", "", "", "", "", "", "", "", "", "", "", "syscall", "", "", "", "", "", "", "", "", "nx", "", "", "", "", "",
        "pdpe1gb", "rdtscp", "", "lm", "", ""
    };

    private QemuFeatures() {}

    /** The argument of {@code -cpu}: an empty model, who made it, and the features by name. */
    static String of(CpuModel model) {
        StringBuilder text =
                new StringBuilder("base,vendor=GenuineIntel,family=6,model=26,stepping=3,level=13,xlevel=0x80000008");
        add(text, model.features1Ecx(), LEAF_1_ECX);
        add(text, model.features1Edx(), LEAF_1_EDX);
        add(text, model.features7Ebx(), LEAF_7_EBX);
        add(text, model.features7Ecx(), LEAF_7_ECX);
        add(text, model.features7Edx(), LEAF_7_EDX);
        add(text, model.features13Eax(), LEAF_13_EAX);
        add(text, model.extendedEcx(), EXTENDED_ECX);
        add(text, model.extendedEdx(), EXTENDED_EDX);
        return text.toString();
    }

    private static void add(StringBuilder text, int word, String[] names) {
        for (int bit = 0; bit < 32; bit++) {
            if ((word >>> bit & 1) != 0 && !names[bit].isEmpty()) {
                text.append(",+").append(names[bit]);
            }
        }
    }
}
