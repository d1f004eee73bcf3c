package dev.backplane.x86.system;

import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * Writes to CR0, CR3, CR4, CR8, EFER and XCR0 with their checks and what follows from them: modes, TLB flushes (SDM 2B, "MOV
 * - Move to/from Control Registers"; 3A, 2.5, 5.1, 11.8.5 and 11.9). One per vCPU.
 */
final class ControlRegisters {
    private static final long CR0_DEFINED = Bits.CR0_PE
            | Bits.CR0_MP
            | Bits.CR0_EM
            | Bits.CR0_TS
            | Bits.CR0_ET
            | Bits.CR0_NE
            | Bits.CR0_WP
            | Bits.CR0_AM
            | Bits.CR0_NW
            | Bits.CR0_CD
            | Bits.CR0_PG;
    private static final long CR0_TRANSLATION = Bits.CR0_PE | Bits.CR0_PG | Bits.CR0_WP;
    private static final long CR4_TRANSLATION =
            Bits.CR4_PSE | Bits.CR4_PAE | Bits.CR4_PGE | Bits.CR4_PCIDE | Bits.CR4_SMEP | Bits.CR4_SMAP | Bits.CR4_LA57;

    /** Changes of these load the page-directory pointers of PAE paging again (5.4.1). */
    private static final long CR0_POINTERS = Bits.CR0_PG | Bits.CR0_CD | Bits.CR0_NW;

    private static final long CR4_POINTERS = Bits.CR4_PAE | Bits.CR4_PGE | Bits.CR4_PSE | Bits.CR4_SMEP;
    private static final long CR3_NO_FLUSH = 1L << 63;
    private static final long CR3_PCID = 0xfff;
    private static final long EFER_DEFINED = Bits.EFER_SCE | Bits.EFER_LME | Bits.EFER_LMA | Bits.EFER_NXE;
    /** Bits of a page-directory-pointer entry of PAE paging that must be zero (5.4.1). */
    private static final long PDPTE_RESERVED = 0x1e6 | CpuModel.RESERVED_ADDRESS_BITS;

    private final GuestRam ram;
    private final LocalApic apic;
    private final long cr4Bits;
    private final long xcr0Bits;

    ControlRegisters(GuestRam ram, LocalApic apic, CpuModel model) {
        this.ram = ram;
        this.apic = apic;
        cr4Bits = model.cr4Bits();
        xcr0Bits = model.xcr0Bits();
    }

    void setCr0(Cpu c, long value) {
        check(c, value >>> 32 == 0);
        long next = value & CR0_DEFINED | Bits.CR0_ET;
        long changed = next ^ c.cr0;
        boolean paging = (next & Bits.CR0_PG) != 0;
        check(c, !paging || (next & Bits.CR0_PE) != 0);
        check(c, (next & Bits.CR0_NW) == 0 || (next & Bits.CR0_CD) != 0);
        long efer = c.efer;
        if ((changed & Bits.CR0_PG) != 0) {
            if (!paging) {
                check(c, !c.long64 && (c.cr4 & Bits.CR4_PCIDE) == 0);
                efer &= ~Bits.EFER_LMA;
            } else if ((efer & Bits.EFER_LME) != 0) {
                boolean smallTask = (c.segmentAttributes[Seg.TR] & 0xd) == Descriptor.TSS16;
                check(c, (c.cr4 & Bits.CR4_PAE) != 0 && (c.segmentAttributes[Seg.CS] & Seg.L) == 0 && !smallTask);
                efer |= Bits.EFER_LMA;
            }
        }
        if (paging && (efer & Bits.EFER_LMA) == 0 && (c.cr4 & Bits.CR4_PAE) != 0 && (changed & CR0_POINTERS) != 0) {
            loadPointers(c, c.cr3);
        }
        c.cr0 = next;
        c.efer = efer;
        if ((changed & CR0_TRANSLATION) != 0) {
            c.mmu.flushAll();
        }
        c.modeChanged();
    }

    void setCr3(Cpu c, long value) {
        long next = value;
        if (Selectors.longMode(c)) {
            if ((c.cr4 & Bits.CR4_PCIDE) != 0) {
                next &= ~CR3_NO_FLUSH;
            }
            check(c, (next & CpuModel.RESERVED_ADDRESS_BITS) == 0);
            if ((c.cr4 & Bits.CR4_PCIDE) != 0) {
                int current = (int) (c.cr3 & CR3_PCID);
                c.cr3 = next;
                c.mmu.switchContext(current, (int) (next & CR3_PCID), value != next);
                return;
            }
        } else if (usesPointers(c)) {
            loadPointers(c, next);
        }
        c.cr3 = next;
        c.mmu.flushLocal();
    }

    void setCr4(Cpu c, long value) {
        check(c, (value & ~cr4Bits) == 0);
        long changed = value ^ c.cr4;
        boolean longMode = Selectors.longMode(c);
        if (longMode) {
            check(c, (value & Bits.CR4_PAE) != 0 && (changed & Bits.CR4_LA57) == 0);
        }
        if ((changed & value & Bits.CR4_PCIDE) != 0) {
            check(c, longMode && (c.cr3 & CR3_PCID) == 0);
        }
        if (!longMode && (c.cr0 & Bits.CR0_PG) != 0 && (value & Bits.CR4_PAE) != 0 && (changed & CR4_POINTERS) != 0) {
            loadPointers(c, c.cr3);
        }
        c.cr4 = value;
        if ((changed & CR4_TRANSLATION) != 0) {
            c.mmu.flushAll();
        }
        c.modeChanged();
    }

    void setCr8(Cpu c, long value) {
        check(c, (value & ~0xfL) == 0);
        apic.setCr8((int) value);
    }

    long cr8() {
        return apic.cr8();
    }

    /** IA32_EFER: LMA is the processor's own. */
    void setEfer(Cpu c, long value) {
        check(c, (value & ~EFER_DEFINED) == 0);
        long next = value & ~Bits.EFER_LMA | c.efer & Bits.EFER_LMA;
        long changed = next ^ c.efer;
        check(c, (changed & Bits.EFER_LME) == 0 || (c.cr0 & Bits.CR0_PG) == 0);
        c.efer = next;
        if ((changed & Bits.EFER_NXE) != 0) {
            c.mmu.flushAll();
        }
        c.modeChanged();
    }

    void setXcr0(Cpu c, int index, long value) {
        boolean avxAlone = (value & 6) == 4;
        check(c, index == 0 && (value & ~xcr0Bits) == 0 && (value & 1) != 0 && !avxAlone);
        c.xcr0 = value;
        c.modeChanged();
    }

    /** PAE paging. */
    static boolean usesPointers(Cpu c) {
        return (c.cr0 & Bits.CR0_PG) != 0 && (c.cr4 & Bits.CR4_PAE) != 0 && !Selectors.longMode(c);
    }

    /** Loads of CR3 under PAE paging look at all four entries, whether they are used or not. */
    private void loadPointers(Cpu c, long cr3) {
        checkPointers(c, cr3);
        readPointers(c, cr3);
    }

    private void checkPointers(Cpu c, long cr3) {
        for (int i = 0; i < 4; i++) {
            long entry = pointer(cr3, i);
            check(c, (entry & 1) == 0 || (entry & PDPTE_RESERVED) == 0);
        }
    }

    /** A task switch is going to load CR3: faults where that cannot work. */
    void checkSpace(Cpu c, long cr3) {
        if (usesPointers(c)) {
            checkPointers(c, cr3);
        }
    }

    /** A task switch loads CR3, which was checked. */
    void switchSpace(Cpu c, long cr3) {
        c.cr3 = cr3;
        reloadPointers(c);
        c.mmu.flushLocal();
    }

    private long pointer(long cr3, int number) {
        return PhysicalMemory.read64(ram, (cr3 & 0xffff_ffe0L) + 8 * number);
    }

    /** The same without checks, for a state that was valid when it was saved; does nothing without PAE paging. */
    void reloadPointers(Cpu c) {
        if (usesPointers(c)) {
            readPointers(c, c.cr3);
        }
    }

    private void readPointers(Cpu c, long cr3) {
        for (int i = 0; i < 4; i++) {
            c.pointers[i] = pointer(cr3, i);
        }
    }

    private static void check(Cpu c, boolean good) {
        if (!good) {
            throw c.fault(Vector.GP, 0);
        }
    }
}
