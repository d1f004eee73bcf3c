package dev.backplane.x86.system;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answers of CPUID for one vCPU (SDM 2A, "CPUID", table 3-8), but for what follows the processor's state: OSXSAVE, APIC
 * and the size of the enabled XSAVE area, which {@link Cpuid} puts in. Immutable.
 */
public final class CpuidTable {
    private static final int MAX_BASIC = 0x16;
    private static final int MAX_HYPERVISOR = 0x4000_0010;
    private static final int MAX_EXTENDED = 0x8000_0008;
    private static final int SIGNATURE = 0x0001_06a3;
    private static final int HTT = 1 << 28;
    private static final int ARAT = 1 << 2;
    /** Lets Linux leave branch history to "hardware" instead of clearing it by a loop at each system call. */
    private static final int BHI_CTRL = 1 << 4;

    private static final int INVARIANT_TSC = 1 << 8;
    static final int XSAVE_AREA_BYTES = 576;
    /** The upper halves of the YMM registers, behind them. */
    static final int AVX_STATE_BYTES = 256;

    /** The APIC timer's input, which is also the "crystal" of leaf 0x15: 1 GHz, as on KVM. */
    private static final int CRYSTAL_HZ = 1_000_000_000;

    /** Clock source (both), no delay after port writes, steal time, and the clock's promise to be stable (paravirtual ABI of KVM). */
    private static final int KVM_FEATURES = 1 | 1 << 1 | 1 << 3 | 1 << 5 | 1 << 24;

    /**
     * One answer.
     *
     * @param leaf EAX of the question
     * @param subleaf ECX of the question, or -1 where it does not matter
     */
    public record Entry(int leaf, int subleaf, int eax, int ebx, int ecx, int edx) {}

    private final List<Entry> entries;
    private final Entry highestBasic;

    private CpuidTable(List<Entry> entries) {
        this.entries = List.copyOf(entries);
        highestBasic = entries.stream()
                .filter(entry -> entry.leaf() == MAX_BASIC)
                .findFirst()
                .orElseThrow();
    }

    /**
     * The table of one vCPU.
     *
     * @param model the machine's CPU model
     * @param index the vCPU's number, which is its APIC ID
     * @param vcpus how many the machine has
     * @param tscHz the frequency of its time-stamp counter
     */
    public static CpuidTable of(CpuModel model, int index, int vcpus, long tscHz) {
        List<Entry> entries = new ArrayList<>();
        int idBits = 32 - Integer.numberOfLeadingZeros(vcpus - 1);
        int ids = 1 << idBits;
        entries.add(text(0, MAX_BASIC, "Genu", "ntel", "ineI"));
        entries.add(new Entry(
                1,
                -1,
                SIGNATURE,
                index << 24 | Math.min(ids, 255) << 16 | 8 << 8,
                model.features1Ecx(),
                model.features1Edx() | (vcpus > 1 ? HTT : 0)));
        entries.add(new Entry(2, -1, 0xff01, 0, 0, 0));
        caches(entries, ids);
        entries.add(new Entry(6, -1, ARAT, 0, 0, 0));
        entries.add(new Entry(7, 0, 2, model.features7Ebx(), model.features7Ecx(), model.features7Edx()));
        entries.add(new Entry(7, 2, 0, 0, 0, BHI_CTRL));
        entries.add(new Entry(0xb, 0, 0, 1, 1 << 8, index));
        entries.add(new Entry(0xb, 1, idBits, vcpus, 2 << 8 | 1, index));
        extendedState(entries, model);
        frequencies(entries, tscHz);
        entries.add(text(0x4000_0000, MAX_HYPERVISOR, "KVMK", "VMKV", "M\0\0\0"));
        entries.add(new Entry(0x4000_0001, -1, KVM_FEATURES, 0, 0, 0));
        entries.add(new Entry(MAX_HYPERVISOR, -1, (int) (tscHz / 1000), CRYSTAL_HZ / 1000, 0, 0));
        entries.add(new Entry(0x8000_0000, -1, MAX_EXTENDED, 0, 0, 0));
        entries.add(new Entry(0x8000_0001, -1, 0, 0, model.extendedEcx(), model.extendedEdx()));
        brand(entries, "Backplane vCPU " + model.name());
        entries.add(new Entry(0x8000_0006, -1, 0, 0, 256 << 16 | 6 << 12 | 64, 0));
        entries.add(new Entry(0x8000_0007, -1, 0, 0, 0, INVARIANT_TSC));
        entries.add(
                new Entry(0x8000_0008, -1, CpuModel.PHYSICAL_ADDRESS_BITS | model.linearAddressBits() << 8, 0, 0, 0));
        return new CpuidTable(entries);
    }

    /** What XSAVE stores; how much of it is enabled is told by {@link Cpuid}. */
    private static void extendedState(List<Entry> entries, CpuModel model) {
        int bytes = XSAVE_AREA_BYTES + (model.hasAvx() ? AVX_STATE_BYTES : 0);
        entries.add(new Entry(0xd, 0, (int) model.xcr0Bits(), XSAVE_AREA_BYTES, bytes, 0));
        entries.add(new Entry(0xd, 1, model.features13Eax(), 0, 0, 0));
        if (model.hasAvx()) {
            entries.add(new Entry(0xd, 2, AVX_STATE_BYTES, XSAVE_AREA_BYTES, 0, 0));
        }
    }

    /** 32 KiB data, 32 KiB code, 256 KiB second level, 8 MiB shared third level, all of 64-byte lines. */
    private static void caches(List<Entry> entries, int ids) {
        entries.add(cache(0, 1, 1, 1, ids, 8, 64));
        entries.add(cache(1, 2, 1, 1, ids, 4, 128));
        entries.add(cache(2, 3, 2, 1, ids, 8, 512));
        entries.add(cache(3, 3, 3, ids, ids, 16, 8192));
    }

    private static Entry cache(int subleaf, int type, int level, int sharing, int ids, int ways, int sets) {
        int eax = type | level << 5 | 1 << 8 | sharing - 1 << 14 | Math.min(ids, 64) - 1 << 26;
        return new Entry(4, subleaf, eax, ways - 1 << 22 | 63, sets - 1, 0);
    }

    private static void frequencies(List<Entry> entries, long tscHz) {
        // TSC = crystal * EBX / EAX; cut down so that guests that multiply in 32 bits of kHz stay in range.
        long numerator = tscHz;
        long denominator = CRYSTAL_HZ;
        long divisor = gcd(numerator, denominator);
        numerator /= divisor;
        denominator /= divisor;
        while (numerator > Integer.MAX_VALUE) {
            numerator >>= 1;
            denominator >>= 1;
        }
        entries.add(new Entry(0x15, -1, (int) denominator, (int) numerator, CRYSTAL_HZ, 0));
        int megahertz = (int) (tscHz / 1_000_000);
        entries.add(new Entry(MAX_BASIC, -1, megahertz, megahertz, 100, 0));
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private static void brand(List<Entry> entries, String brand) {
        String padded = brand + "\0".repeat(48 - brand.length());
        for (int i = 0; i < 3; i++) {
            int at = 16 * i;
            entries.add(new Entry(
                    0x8000_0002 + i,
                    -1,
                    chars(padded, at),
                    chars(padded, at + 4),
                    chars(padded, at + 8),
                    chars(padded, at + 12)));
        }
    }

    /** A signature, as the three registers EBX, ECX and EDX hold it. */
    private static Entry text(int leaf, int eax, String ebx, String ecx, String edx) {
        return new Entry(leaf, -1, eax, chars(ebx, 0), chars(ecx, 0), chars(edx, 0));
    }

    private static int chars(String text, int at) {
        return text.charAt(at) | text.charAt(at + 1) << 8 | text.charAt(at + 2) << 16 | text.charAt(at + 3) << 24;
    }

    /** All answers, for a backend that hands them to the host. */
    public List<Entry> entries() {
        return entries;
    }

    /** The entry that answers a question, or null: all zeros. Allocates nothing. */
    @Nullable
    Entry find(int leaf, int subleaf) {
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.leaf() == leaf && (entry.subleaf() == -1 || entry.subleaf() == subleaf)) {
                return entry;
            }
        }
        boolean hypervisor = leaf >>> 28 == 4;
        boolean known = leaf >= 0 ? leaf <= MAX_BASIC || hypervisor : leaf >= 0x8000_0000 && leaf <= MAX_EXTENDED;
        // Beyond the last leaf Intel's processors answer as for the last basic one.
        return known ? null : highestBasic;
    }
}
