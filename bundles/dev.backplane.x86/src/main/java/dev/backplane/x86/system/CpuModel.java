package dev.backplane.x86.system;

import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.state.Bits;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A named CPU model: the feature words of CPUID, fixed for a machine's life and the same on every backend. They contain what
 * the model's level of the x86-64 psABI asks for, and what every host of the last ten years and the interpreter have
 * beside it: system features that a kernel wants, and a random number generator, so that guests do not wait for entropy.
 *
 * <p>{@code x86-64-v2-aes} is {@code x86-64-v2} with AES, PCLMULQDQ and MOVBE, which hosts have had since 2013: kernels and TLS
 * libraries choose much faster code with them.
 *
 * <p>{@code x86-64-v3} has AES and PCLMULQDQ beside what its level asks for, as all processors of that level do.
 *
 * <p>{@code max} is all that the interpreter has: beyond the levels SHA, RDPID, XSAVEC, 5-level paging
 * and the virtual-8086 mode extensions. It grows with later versions; a machine that is to be moved names a level.
 *
 * <p>The vendor string is GenuineIntel (family 6, model 26), because guests treat an unknown vendor as a broken machine:
 * Linux then calls the TSC unstable with more than one CPU and leaves fast string copies off, and glibc finds no caches.
 * What Linux asks of this vendor beyond the architecture is there (microcode revision, MISC_ENABLE, ARCH_CAPABILITIES).
 *
 * @param name as a VM file gives it
 * @param features1Ecx CPUID 1, ECX, without the bits that follow the processor's state
 * @param features1Edx CPUID 1, EDX
 * @param features7Ebx CPUID 7.0, EBX
 * @param features7Ecx CPUID 7.0, ECX
 * @param features7Edx CPUID 7.0, EDX
 * @param features13Eax CPUID 13.1, EAX
 * @param extendedEcx CPUID 0x80000001, ECX
 * @param extendedEdx CPUID 0x80000001, EDX
 */
public record CpuModel(
        String name,
        int features1Ecx,
        int features1Edx,
        int features7Ebx,
        int features7Ecx,
        int features7Edx,
        int features13Eax,
        int extendedEcx,
        int extendedEdx) {
    /** Physical addresses have this many bits; the page walk's reserved bits agree. */
    public static final int PHYSICAL_ADDRESS_BITS = 46;

    /** The bits of an address that the models do not have. */
    static final long RESERVED_ADDRESS_BITS = -1L << PHYSICAL_ADDRESS_BITS;

    private static final int SSE3 = 1;
    private static final int PCLMULQDQ = 1 << 1;
    private static final int SSSE3 = 1 << 9;
    private static final int FMA = 1 << 12;
    private static final int CX16 = 1 << 13;
    private static final int PCID = 1 << 17;
    private static final int SSE4_1 = 1 << 19;
    private static final int SSE4_2 = 1 << 20;
    private static final int X2APIC = 1 << 21;
    private static final int MOVBE = 1 << 22;
    private static final int POPCNT = 1 << 23;
    private static final int TSC_DEADLINE = 1 << 24;
    private static final int AES = 1 << 25;
    private static final int XSAVE = 1 << 26;
    private static final int AVX = 1 << 28;
    private static final int F16C = 1 << 29;
    private static final int RDRAND = 1 << 30;
    private static final int HYPERVISOR = 1 << 31;

    private static final int FSGSBASE = 1;
    private static final int TSC_ADJUST = 1 << 1;
    private static final int BMI1 = 1 << 3;
    private static final int AVX2 = 1 << 5;
    private static final int SMEP = 1 << 7;
    private static final int BMI2 = 1 << 8;
    private static final int ERMS = 1 << 9;
    private static final int INVPCID = 1 << 10;
    private static final int RDSEED = 1 << 18;
    private static final int SMAP = 1 << 20;
    private static final int CLFLUSHOPT = 1 << 23;
    private static final int CLWB = 1 << 24;
    private static final int SHA = 1 << 29;
    private static final int UMIP = 1 << 2;
    private static final int LA57 = 1 << 16;
    private static final int RDPID = 1 << 22;
    private static final int FSRM = 1 << 4;
    private static final int SPEC_CTRL = 1 << 26;
    private static final int ARCH_CAPABILITIES = 1 << 29;

    private static final int XSAVEOPT = 1;
    private static final int XSAVEC = 1 << 1;
    private static final int LAHF_LM = 1;
    private static final int LZCNT = 1 << 5;

    /** FPU, DE, PSE, TSC, MSR, PAE, CX8, APIC, SEP, MTRR, PGE, CMOV, PAT, PSE36, CLFSH, MMX, FXSR, SSE, SSE2, SS. */
    private static final int BASE_EDX = 0x0f8b_bb7d;

    private static final int VME = 1 << 1;

    /** SYSCALL, NX, 1 GiB pages, RDTSCP, long mode. */
    private static final int BASE_EXTENDED_EDX = 1 << 11 | 1 << 20 | 1 << 26 | 1 << 27 | 1 << 29;

    private static final int SYSTEM_1_ECX = PCID | X2APIC | TSC_DEADLINE | XSAVE | RDRAND | HYPERVISOR;
    private static final int SYSTEM_7_EBX = FSGSBASE | TSC_ADJUST | SMEP | ERMS | INVPCID | RDSEED | SMAP;
    private static final int SYSTEM_7_EDX = FSRM | SPEC_CTRL | ARCH_CAPABILITIES;

    private static final int LEVEL_2_ECX = SYSTEM_1_ECX | SSE3 | SSSE3 | CX16 | SSE4_1 | SSE4_2 | POPCNT;

    private static final int LEVEL_3_ECX = LEVEL_2_ECX | PCLMULQDQ | FMA | MOVBE | AES | AVX | F16C;
    private static final int LEVEL_3_7_EBX = SYSTEM_7_EBX | BMI1 | AVX2 | BMI2;

    private static final List<CpuModel> MODELS = List.of(
            new CpuModel(
                    "x86-64-v1",
                    SYSTEM_1_ECX,
                    BASE_EDX,
                    SYSTEM_7_EBX,
                    UMIP,
                    SYSTEM_7_EDX,
                    XSAVEOPT,
                    0,
                    BASE_EXTENDED_EDX),
            new CpuModel(
                    "x86-64-v2",
                    LEVEL_2_ECX,
                    BASE_EDX,
                    SYSTEM_7_EBX,
                    UMIP,
                    SYSTEM_7_EDX,
                    XSAVEOPT,
                    LAHF_LM,
                    BASE_EXTENDED_EDX),
            new CpuModel(
                    "x86-64-v2-aes",
                    LEVEL_2_ECX | PCLMULQDQ | MOVBE | AES,
                    BASE_EDX,
                    SYSTEM_7_EBX,
                    UMIP,
                    SYSTEM_7_EDX,
                    XSAVEOPT,
                    LAHF_LM,
                    BASE_EXTENDED_EDX),
            new CpuModel(
                    "x86-64-v3",
                    LEVEL_3_ECX,
                    BASE_EDX,
                    LEVEL_3_7_EBX,
                    UMIP,
                    SYSTEM_7_EDX,
                    XSAVEOPT,
                    LAHF_LM | LZCNT,
                    BASE_EXTENDED_EDX),
            new CpuModel(
                    "max",
                    LEVEL_3_ECX,
                    BASE_EDX | VME,
                    LEVEL_3_7_EBX | CLFLUSHOPT | CLWB | SHA,
                    UMIP | LA57 | RDPID,
                    SYSTEM_7_EDX,
                    XSAVEOPT | XSAVEC,
                    LAHF_LM | LZCNT,
                    BASE_EXTENDED_EDX));

    /** All models, oldest first. */
    public static List<CpuModel> all() {
        return MODELS;
    }

    /** The model of a name. */
    public static Optional<CpuModel> named(String name) {
        return MODELS.stream().filter(model -> model.name().equals(name)).findFirst();
    }

    /** What the decoder has to know. */
    public Set<Feature> features() {
        EnumSet<Feature> features = EnumSet.noneOf(Feature.class);
        add(features, features1Ecx, SSE3, Feature.SSE3);
        add(features, features1Ecx, PCLMULQDQ, Feature.PCLMULQDQ);
        add(features, features1Ecx, SSSE3, Feature.SSSE3);
        add(features, features1Ecx, CX16, Feature.CX16);
        add(features, features1Ecx, SSE4_1, Feature.SSE4_1);
        add(features, features1Ecx, SSE4_2, Feature.SSE4_2);
        add(features, features1Ecx, MOVBE, Feature.MOVBE);
        add(features, features1Ecx, POPCNT, Feature.POPCNT);
        add(features, features1Ecx, AES, Feature.AES);
        add(features, features1Ecx, FMA, Feature.FMA);
        add(features, features1Ecx, AVX, Feature.AVX);
        add(features, features1Ecx, F16C, Feature.F16C);
        add(features, features1Ecx, XSAVE, Feature.XSAVE);
        add(features, features1Ecx, RDRAND, Feature.RDRAND);
        add(features, features7Ebx, FSGSBASE, Feature.FSGSBASE);
        add(features, features7Ebx, BMI1, Feature.BMI1);
        add(features, features7Ebx, AVX2, Feature.AVX2);
        add(features, features7Ebx, BMI2, Feature.BMI2);
        add(features, features7Ebx, INVPCID, Feature.INVPCID);
        add(features, features7Ebx, RDSEED, Feature.RDSEED);
        add(features, features7Ebx, SMAP, Feature.SMAP);
        add(features, features7Ebx, CLFLUSHOPT, Feature.CLFLUSHOPT);
        add(features, features7Ebx, CLWB, Feature.CLWB);
        add(features, features7Ebx, SHA, Feature.SHA);
        add(features, features7Ecx, RDPID, Feature.RDPID);
        add(features, features13Eax, XSAVEOPT, Feature.XSAVEOPT);
        add(features, features13Eax, XSAVEC, Feature.XSAVEC);
        add(features, extendedEcx, LAHF_LM, Feature.LAHF_LM);
        add(features, extendedEcx, LZCNT, Feature.LZCNT);
        add(features, extendedEdx, 1 << 27, Feature.RDTSCP);
        return features;
    }

    private static void add(Set<Feature> features, int word, int bit, Feature feature) {
        if ((word & bit) != 0) {
            features.add(feature);
        }
    }

    /** The bits of CR4 that may be set. */
    long cr4Bits() {
        return Bits.CR4_TSD
                | Bits.CR4_DE
                | Bits.CR4_PSE
                | Bits.CR4_PAE
                | Bits.CR4_MCE
                | Bits.CR4_PGE
                | Bits.CR4_PCE
                | Bits.CR4_OSFXSR
                | Bits.CR4_OSXMMEXCPT
                | given(features1Edx, VME, Bits.CR4_VME | Bits.CR4_PVI)
                | given(features7Ecx, UMIP, Bits.CR4_UMIP)
                | given(features7Ecx, LA57, Bits.CR4_LA57)
                | given(features7Ebx, FSGSBASE, Bits.CR4_FSGSBASE)
                | given(features1Ecx, PCID, Bits.CR4_PCIDE)
                | given(features1Ecx, XSAVE, Bits.CR4_OSXSAVE)
                | given(features7Ebx, SMEP, Bits.CR4_SMEP)
                | given(features7Ebx, SMAP, Bits.CR4_SMAP);
    }

    private static long given(int word, int bit, long cr4) {
        return (word & bit) != 0 ? cr4 : 0;
    }

    /** How many bits a linear address has with the widest paging. */
    int linearAddressBits() {
        return (features7Ecx & LA57) != 0 ? 57 : 48;
    }

    /** The bits of XCR0 that may be set: x87 and SSE, and AVX where there is any. */
    long xcr0Bits() {
        return hasAvx() ? 7 : 3;
    }

    /** Whether what a host lacks of it is left out, rather than that the host is refused: no guest relies on {@code max}. */
    public boolean isOpenEnded() {
        return name.equals("max");
    }

    /** Whether there are vectors of 32 bytes, and their state. */
    public boolean hasAvx() {
        return (features1Ecx & AVX) != 0;
    }
}
