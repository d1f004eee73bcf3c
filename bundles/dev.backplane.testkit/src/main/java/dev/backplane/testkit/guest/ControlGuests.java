package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CS;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DX;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Control registers, EFER, mode changes, MSRs, UMIP and XCR0 (Intel SDM 3A, 2.5 and 11.8; 2B). */
public final class ControlGuests {
    private static final int UD = 6;
    private static final int GP = 13;
    private static final int MOV64 = 10;
    private static final int MOV32 = 5;
    private static final int UMIP = 1 << 11;
    private static final int OSXSAVE = 1 << 18;
    private static final int FSGSBASE = 1 << 16;
    private static final long CR0 = 0x8001_0031L;
    private static final long PAGE = 0xd000;

    private ControlGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        cr0(guests);
        cr3AndCr4(guests);
        longModeSwitches(guests);
        modelSpecific(guests);
        tables(guests);
        xcr0(guests);
        time(guests);
        cpuid(guests);
        return guests;
    }

    private static GuestBuilder refused(String section, String name, int control, long value) {
        return guest(section, name + ": #GP(0)")
                .long64()
                .code(a -> a.cr(control, value))
                .fault(GP, 0, CODE + (value >>> 32 == 0 ? MOV32 : MOV64));
    }

    private static void cr0(List<SmallGuest> guests) {
        guests.add(refused("3A 2.5", "CR0.PG without PE", 0, 0x8000_0010L).build());
        guests.add(refused("3A 2.5", "CR0.NW without CD", 0, CR0 | 1 << 29).build());
        guests.add(refused("3A 2.5", "bits of CR0 above 31", 0, 1L << 32 | CR0).build());
        guests.add(refused("3A 11.8.5", "paging off in 64-bit mode", 0, CR0 & 0x7fff_ffff)
                .build());
        guests.add(guest("3A 2.5", "reserved bits of CR0 below 32 read as zero")
                .long64()
                .code(a -> a.cr(0, CR0 | 0x1000_0f00).movFromCr(BX, 0).end())
                .gives(BX, CR0)
                .build());
        guests.add(guest("2B LMSW", "LMSW sets PE and never clears it")
                .protected32()
                .code(a -> a.mov(AX, 0xa).hex("0f01f0").movFromCr(BX, 0).end())
                .expect("CR0", end -> end.register(BX) & 0xf, 0xb)
                .build());
        guests.add(guest("2A CLTS", "CLTS clears CR0.TS, in ring 3 it is #GP(0)")
                .long64()
                .cr0(8)
                .code(a -> a.hex("0f06").movFromCr(BX, 0).end())
                .gives(BX, CR0)
                .build());
        guests.add(guest("2A CLTS", "CLTS in ring 3: #GP(0)")
                .long64()
                .user()
                .code(a -> a.hex("0f06"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B MOV", "CR1, CR5 and those from CR9 on are #UD")
                .long64()
                .code(a -> a.hex("0f20c8"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B MOV", "MOV from CR3 in ring 3: #GP(0)")
                .long64()
                .user()
                .code(a -> a.movFromCr(BX, 3))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B MOV", "CR8 is the task priority, and its upper bits are #GP(0)")
                .long64()
                .code(a -> a.mov(AX, 5).hex("440f22c0 440f20c3").mov(AX, 0x10).hex("440f22c0"))
                .fault(GP, 0, CODE + 5 + 4 + 4 + 5)
                .gives(BX, 5)
                .expect("CR8", end -> end.state().cr8(), 5)
                .build());
    }

    private static void cr3AndCr4(List<SmallGuest> guests) {
        guests.add(refused("2B MOV", "CR3 with an address above MAXPHYADDR", 3, 1L << 46 | PML4)
                .build());
        guests.add(refused("2B MOV", "CR3 bit 63 without CR4.PCIDE", 3, 1L << 63 | PML4)
                .build());
        guests.add(refused("2B MOV", "a reserved bit of CR4", 4, 1 << 15 | 0x20).build());
        guests.add(refused("2B MOV", "CR4.VMXE on a model without VMX", 4, 1 << 13 | 0x20)
                .build());
        guests.add(refused("2B MOV", "CR4.PAE off in long mode", 4, 0).build());
        guests.add(guest("2B MOV", "CR4.PCIDE with a PCID in CR3: #GP(0)")
                .long64()
                .cr3(PML4 | 8)
                .code(a -> a.cr(4, 0x2_0020))
                .fault(GP, 0, CODE + MOV32)
                .build());
        guests.add(guest("2B MOV", "CR4.PCIDE outside of long mode: #GP(0)")
                .pae()
                .code(a -> a.cr(4, 0x2_0020))
                .fault(GP, 0, CODE + MOV32)
                .build());
    }

    private static void longModeSwitches(List<SmallGuest> guests) {
        guests.add(guest("3A 11.8.5", "protected mode to 64-bit mode")
                .protected32()
                .put64(PD, 0x87)
                .put64(PDPT, PD | 7)
                .put64(PML4, PDPT | 7)
                .code(a -> a.cr(4, 0x20)
                        .cr(3, PML4)
                        .wrmsr(EFER, 0x100)
                        .cr(0, 0x8000_0031L)
                        .jmpFar(CODE64, MORE))
                .codeAt(
                        MORE,
                        64,
                        a -> a.hex("48b8 1122334455667788")
                                .movRegister(BX, AX)
                                .rdmsr(EFER)
                                .end())
                .gives(BX, 0x8877_6655_4433_2211L)
                .gives(AX, 0x500)
                .selector(CS, CODE64)
                .build());
        guests.add(guest("3A 11.8.5", "64-bit mode through compatibility mode back to protected mode")
                .long64()
                .put32(PAGE, MORE)
                .put16(PAGE + 4, CODE32)
                .code(a -> a.jmpFarIndirect(PAGE))
                .codeAt(MORE, 32, a -> a.cr(0, 0x11).rdmsr(EFER).end())
                .expect("EFER", end -> end.register(AX) & 0x500, 0x100)
                .expect("EFER", end -> end.msr(EFER) & 0x400, 0)
                .build());
        guests.add(guest("3A 11.8.5", "paging with LME but without PAE: #GP(0)")
                .protected32()
                .msr(EFER, 0x100)
                .code(a -> a.cr(0, 0x8000_0031L))
                .fault(GP, 0, CODE + MOV32)
                .build());
        guests.add(guest("3A 11.8.5", "paging with LME and a 16-bit TSS: #GP(0)")
                .protected32()
                .msr(EFER, 0x100)
                .cr4(0x20)
                .cr3(PML4)
                .task(FREE, TSS2, 0x2b, 0x83)
                .code(a -> a.cr(0, 0x8000_0031L))
                .fault(GP, 0, CODE + MOV32)
                .build());
        guests.add(guest("3A 11.8.5", "EFER.LME cannot change while paging is on: #GP(0)")
                .long64()
                .code(a -> a.wrmsr(EFER, 0xc01))
                .fault(GP, 0, CODE + 15)
                .build());
        guests.add(guest("3A 2.2.1", "a reserved bit of EFER: #GP(0)")
                .long64()
                .code(a -> a.wrmsr(EFER, 0xd03))
                .fault(GP, 0, CODE + 15)
                .build());
        guests.add(guest("3A 5.1.3", "switching paging on with a table that is not there: #PF, then a triple fault")
                .protected32()
                .code(a -> a.cr(3, 0x30_0000).cr(0, 0x8000_0031L))
                .shutsDown()
                .build());
    }

    private static GuestBuilder msr(String name, int number, long value) {
        return guest("2B WRMSR", name)
                .long64()
                .code(a -> a.wrmsr(number, value))
                .fault(GP, 0, CODE + 15);
    }

    private static void modelSpecific(List<SmallGuest> guests) {
        guests.add(msr("an MSR that does not exist: #GP(0)", 0x1234, 0).build());
        guests.add(msr("a PAT with a reserved type: #GP(0)", 0x277, 2).build());
        guests.add(msr("a base of the local APIC beyond the address bits: #GP(0)", 0x1b, 1L << 46 | 0x900)
                .build());
        guests.add(msr("a STAR mask with upper bits: #GP(0)", 0xc000_0084, 1L << 32)
                .build());
        guests.add(msr("TSC_AUX with upper bits: #GP(0)", 0xc000_0103, 1L << 32).build());
        guests.add(guest("2B RDMSR", "RDMSR of an MSR that does not exist: #GP(0)")
                .long64()
                .code(a -> a.rdmsr(0xc001_0015))
                .fault(GP, 0, CODE + 5)
                .build());
        guests.add(guest("2B RDMSR", "RDMSR in ring 3: #GP(0)")
                .long64()
                .user()
                .code(a -> a.rdmsr(EFER))
                .fault(GP, 0, CODE + 5)
                .build());
        guests.add(guest("2B RDMSR", "RDMSR clears the upper halves of RAX and RDX")
                .long64()
                .register(AX, -1)
                .register(DX, -1)
                .code(a -> a.rdmsr(EFER).end())
                .gives(AX, 0xd01)
                .gives(DX, 0)
                .build());
    }

    private static GuestBuilder umip(String name, String bytes) {
        return guest("3A 2.5", "UMIP: " + name)
                .long64()
                .user()
                .cr4(UMIP)
                .code(a -> a.hex(bytes))
                .fault(GP, 0, CODE);
    }

    private static void tables(List<SmallGuest> guests) {
        guests.add(umip("SGDT in ring 3: #GP(0)", "0f010425 00d00000").build());
        guests.add(umip("SIDT in ring 3: #GP(0)", "0f010c25 00d00000").build());
        guests.add(umip("SLDT in ring 3: #GP(0)", "0f00c0").build());
        guests.add(umip("STR in ring 3: #GP(0)", "0f00c8").build());
        guests.add(umip("SMSW in ring 3: #GP(0)", "0f01e0").build());
        guests.add(guest("3A 2.5", "without UMIP ring 3 sees the tables")
                .long64()
                .user()
                .code(a -> a.hex("0f010425 00d00000 0f00c8").end())
                .memory(PAGE, 2, 0x97)
                .memory(PAGE + 2, 8, GDT)
                .gives(AX, TASK)
                .build());
        guests.add(guest("2A LGDT", "LGDT in 64-bit mode of a base that is not canonical: #GP(0)")
                .long64()
                .put64(PAGE + 2, 0x8000_0000_0000L)
                .code(a -> a.lgdt(PAGE))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2A LGDT", "LIDT with a 16-bit operand takes 24 bits of the base")
                .protected32()
                .put16(PAGE, 0x7ff)
                .put32(PAGE + 2, 0xff00_2000)
                .code(a -> a.hex("66 0f011d 00d00000").interrupt(0x40))
                .fault(0x40, CODE + 10)
                .build());
        guests.add(guest("2A LLDT", "LLDT of something else: #GP with the selector")
                .protected32()
                .code(a -> a.lldt(DATA))
                .fault(GP, DATA, CODE + MOV32)
                .build());
        guests.add(guest("2A LTR", "LTR of a busy TSS: #GP with the selector")
                .protected32()
                .code(a -> a.ltr(TASK))
                .fault(GP, TASK, CODE + MOV32)
                .build());
        guests.add(guest("2A LTR", "LTR marks the TSS busy, in long mode of 16 bytes")
                .long64()
                .descriptor(FREE, segment(TSS2, 0x67, 0x89, 0))
                .descriptor(FREE + 8, 0x1)
                .code(a -> a.ltr(FREE).end())
                .memory(GDT + FREE + 5, 1, 0x8b)
                .expect("TR's base", end -> end.state().segments().get(7).base(), 0x1_0000_0000L | TSS2)
                .build());
        guests.add(guest("2A LTR", "LTR of a 16-bit TSS in long mode: #GP")
                .long64()
                .descriptor(FREE, segment(TSS2, 0x67, 0x81, 0))
                .code(a -> a.ltr(FREE))
                .fault(GP, FREE, CODE + MOV32)
                .build());
        guests.add(guest("2A LTR", "LTR of a TSS that is not present: #NP")
                .protected32()
                .descriptor(FREE, segment(TSS2, 0x67, 0x09, 0))
                .code(a -> a.ltr(FREE))
                .fault(11, FREE, CODE + MOV32)
                .build());
    }

    private static GuestBuilder xsetbv(String name, int index, long low) {
        return guest("2C XSETBV", name + ": #GP(0)")
                .long64()
                .cr4(OSXSAVE | 0x600)
                .register(CX, index)
                .register(AX, low)
                .code(a -> a.hex("0f01d1"))
                .fault(GP, 0, CODE);
    }

    private static void xcr0(List<SmallGuest> guests) {
        guests.add(xsetbv("another register than XCR0", 1, 3).build());
        guests.add(xsetbv("XCR0 without x87", 0, 2).build());
        guests.add(xsetbv("XCR0 with a component that the model lacks", 0, 7).build());
        guests.add(xsetbv("in ring 3", 0, 3).user().build());
        guests.add(guest("2C XSETBV", "XSETBV, and XGETBV gives it back")
                .long64()
                .cr4(OSXSAVE | 0x600)
                .register(AX, 3)
                .code(a -> a.hex("0f01d1").mov(AX, 0).hex("0f01d0").end())
                .gives(AX, 3)
                .gives(DX, 0)
                .build());
        guests.add(guest("2C XSAVE", "XSAVE to an address that is not aligned: #GP(0)")
                .long64()
                .cr4(OSXSAVE | 0x600)
                .register(AX, 3)
                .code(a -> a.hex("0fae2425 08d00000"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2C XRSTOR", "XRSTOR of a reserved bit of XSTATE_BV: #GP(0)")
                .long64()
                .cr4(OSXSAVE | 0x600)
                .put64(PAGE + 512, 8)
                .register(AX, 3)
                .code(a -> a.hex("0fae2c25 00d00000"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2C XSAVE", "XSAVE with CR0.TS: #NM")
                .long64()
                .cr0(8)
                .cr4(OSXSAVE | 0x600)
                .register(AX, 3)
                .code(a -> a.hex("0fae2425 00d00000"))
                .fault(7, CODE)
                .build());
    }

    private static void time(List<SmallGuest> guests) {
        guests.add(guest("2B RDTSC", "RDTSC in ring 3 with CR4.TSD: #GP(0)")
                .long64()
                .user()
                .cr4(4)
                .code(a -> a.hex("0f31"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B RDTSCP", "RDTSCP in ring 3 with CR4.TSD: #GP(0)")
                .long64()
                .user()
                .cr4(4)
                .code(a -> a.hex("0f01f9"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B RDTSCP", "RDTSCP gives TSC_AUX")
                .long64()
                .msr(0xc000_0103, 0x77)
                .register(CX, -1)
                .code(a -> a.hex("0f01f9").end())
                .gives(CX, 0x77)
                .build());
        guests.add(guest("3B 19.17.3", "a write to the TSC moves TSC_ADJUST by as much")
                .long64()
                .code(a -> a.rdmsr(0x3b)
                        .movRegister(BX, AX)
                        .rdmsr(0x10)
                        .hex("05 00001000")
                        .mov(CX, 0x10)
                        .hex("0f30")
                        .rdmsr(0x3b)
                        .hex("4829d8")
                        .end())
                .expect("the difference is about what was added", end -> end.register(AX) - 1 >>> 19, 1)
                .build());
        guests.add(guest("2B RDPMC", "RDPMC without counters: #GP(0)")
                .long64()
                .code(a -> a.hex("0f33"))
                .fault(GP, 0, CODE)
                .build());
    }

    private static void cpuid(List<SmallGuest> guests) {
        guests.add(guest("2A CPUID", "leaf 1 shows CR4.OSXSAVE")
                .long64()
                .cr4(OSXSAVE)
                .code(a -> a.mov(AX, 1).cpuid().end())
                .expect("OSXSAVE", end -> end.register(CX) >>> 27 & 1, 1)
                .build());
        guests.add(guest("2A CPUID", "CPUID works in ring 3 and clears the upper halves")
                .long64()
                .user()
                .register(BX, -1)
                .code(a -> a.mov(AX, 0).cpuid().end())
                .gives(BX, 0x756e_6547)
                .build());
        guests.add(guest("2A CPUID", "the largest model has 57 bits of linear addresses")
                .model("max")
                .long64()
                .code(a -> a.mov(AX, 0x8000_0008L).cpuid().end())
                .expect("EAX", end -> end.register(AX) & 0xffff, 0x392e)
                .build());
    }
}
