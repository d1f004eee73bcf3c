package dev.backplane.x86.system;

import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;

/** Answers CPUID from a table, with the bits that follow the processor's state. One per vCPU; allocates nothing. */
final class Cpuid {
    private static final int OSXSAVE = 1 << 27;
    private static final int APIC = 1 << 9;
    private static final int TOPOLOGY = 0xb;
    private static final int EXTENDED_STATE = 0xd;
    private static final int XSAVEC = 1 << 1;
    /** XCR0's bit for AVX. */
    private static final int AVX = 4;

    private final CpuidTable table;
    private final LocalApic apic;

    Cpuid(CpuidTable table, LocalApic apic) {
        this.table = table;
        this.apic = apic;
    }

    void answer(Cpu c) {
        int leaf = (int) c.r[Gpr.RAX];
        int subleaf = (int) c.r[Gpr.RCX];
        CpuidTable.Entry entry = table.find(leaf, subleaf);
        if (entry == null) {
            // Beyond the last level of the topology the question's number and the identifier are still answered.
            boolean topology = leaf == TOPOLOGY;
            set(c, 0, 0, topology ? subleaf & 0xff : 0, topology ? apic.id() : 0);
            return;
        }
        int ebx = entry.ebx();
        int ecx = entry.ecx();
        int edx = entry.edx();
        if (leaf == 1) {
            ecx |= (c.cr4 & Bits.CR4_OSXSAVE) != 0 ? OSXSAVE : 0;
            edx &= apic.isPresent() ? -1 : ~APIC;
        }
        if (leaf == EXTENDED_STATE && (subleaf == 0 || subleaf == 1 && (entry.eax() & XSAVEC) != 0)) {
            ebx = CpuidTable.XSAVE_AREA_BYTES + ((c.xcr0 & AVX) != 0 ? CpuidTable.AVX_STATE_BYTES : 0);
        }
        set(c, entry.eax(), ebx, ecx, edx);
    }

    private static void set(Cpu c, int eax, int ebx, int ecx, int edx) {
        c.r[Gpr.RAX] = eax & 0xffff_ffffL;
        c.r[Gpr.RBX] = ebx & 0xffff_ffffL;
        c.r[Gpr.RCX] = ecx & 0xffff_ffffL;
        c.r[Gpr.RDX] = edx & 0xffff_ffffL;
    }
}
