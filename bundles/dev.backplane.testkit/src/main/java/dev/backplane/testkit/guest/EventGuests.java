package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CS;
import static dev.backplane.testkit.guest.Asm.SP;
import static dev.backplane.testkit.guest.Asm.SS;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Exceptions and software interrupts through their gates: frames, error codes, double and triple faults (Intel SDM 3A, chapter 7). */
public final class EventGuests {
    private static final int DE = 0;
    private static final int DB = 1;
    private static final int BP = 3;
    private static final int OF = 4;
    private static final int BR = 5;
    private static final int UD = 6;
    private static final int NM = 7;
    private static final int DF = 8;
    private static final int TS = 10;
    private static final int NP = 11;
    private static final int STACK_FAULT = 12;
    private static final int GP = 13;
    private static final int PF = 14;
    private static final int MF = 16;
    private static final int AC = 17;
    private static final int XM = 19;

    private static final int VECTOR = 0x40;
    private static final int INTERRUPT_GATE = 0x8e;
    private static final int TRAP_GATE = 0x8f;
    private static final int ABSENT = 0x0e;
    private static final int IDT_BIT = 2;
    private static final int EXT = 1;
    private static final int RF = 0x1_0000;
    private static final int IF = 0x200;
    private static final int TF = 0x100;
    private static final int NT = 0x4000;
    private static final long PAGE = 0xd000;

    private EventGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        sources(guests);
        gates(guests);
        stacks(guests);
        errorCodes(guests);
        doubleFaults(guests);
        priorities(guests);
        undefined(guests);
        nonMaskable(guests);
        return guests;
    }

    private static long handler(int vector) {
        return HANDLERS + 16L * vector;
    }

    private static void sources(List<SmallGuest> guests) {
        guests.add(guest("3A 7.15", "#DE of DIV by zero: at the instruction, with RF in the frame")
                .long64()
                .code(a -> a.hex("f7f3"))
                .fault(DE, CODE)
                .frame(2, RF | 2)
                .build());
        guests.add(guest("3A 7.15", "#DE of a quotient that is too large leaves the registers")
                .long64()
                .register(Asm.DX, 5)
                .register(BX, 5)
                .code(a -> a.hex("48f7f3"))
                .fault(DE, CODE)
                .gives(Asm.DX, 5)
                .build());
        guests.add(guest("3A 7.15", "#BP is a trap: behind INT3, without RF")
                .long64()
                .code(Asm::int3)
                .fault(BP, CODE + 1)
                .frame(2, 2)
                .build());
        guests.add(guest("3A 7.15", "#OF is a trap: behind INTO")
                .protected32()
                .flags(0x800)
                .code(Asm::into)
                .fault(OF, CODE + 1)
                .build());
        guests.add(guest("3A 7.15", "INTO without OF does nothing, and is #UD in 64-bit mode")
                .protected32()
                .code(a -> a.into().end())
                .endsBehind(CODE + 1)
                .build());
        guests.add(guest("2A INTO", "INTO in 64-bit mode is #UD")
                .long64()
                .code(Asm::into)
                .fault(UD, CODE)
                .build());
        guests.add(guest("3A 7.15", "#BR of BOUND")
                .protected32()
                .register(AX, 9)
                .put32(PAGE, 1)
                .put32(PAGE + 4, 8)
                .code(a -> a.hex("62 05 00d00000"))
                .fault(BR, CODE)
                .build());
        guests.add(guest("3A 7.15", "#NM of an x87 instruction with CR0.TS")
                .long64()
                .cr0(8)
                .code(a -> a.hex("d9e8"))
                .fault(NM, CODE)
                .build());
        guests.add(guest("3A 7.15", "#NM of WAIT needs MP beside TS")
                .long64()
                .cr0(8)
                .code(a -> a.hex("9b").cr(0, 0x8001_003bL).hex("9b"))
                .fault(NM, CODE + 1 + 5 + 3)
                .build());
        guests.add(guest("3A 7.15", "#UD of an SSE instruction without CR4.OSFXSR")
                .long64()
                .code(a -> a.hex("0f57c0"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("3A 7.15", "#MF comes with the next waiting x87 instruction")
                .long64()
                .cr0(0x20)
                .put16(PAGE, 0x37b)
                .code(a -> a.hex("d92c25 00d00000 d9ee d9e8 def1 90 9b"))
                .fault(MF, CODE + 7 + 6 + 1)
                .build());
        guests.add(guest("3A 7.15", "#XM of an unmasked division by zero with CR4.OSXMMEXCPT")
                .long64()
                .cr4(0x600)
                .put32(PAGE, 0x1d80)
                .put32(PAGE + 4, 0x3f80_0000)
                .code(a -> a.hex("0fae1425 00d00000 f30f100c25 04d00000 f30f5ec8"))
                .fault(XM, CODE + 8 + 9)
                .build());
        guests.add(guest("3A 7.15", "#AC of a read across its alignment in ring 3 with CR0.AM and AC")
                .long64()
                .user()
                .cr0(1 << 18)
                .flags(1 << 18)
                .code(a -> a.load(BX, PAGE + 1))
                .fault(AC, 0, CODE)
                .build());
        guests.add(guest("3A 7.15", "no #AC in ring 0")
                .long64()
                .cr0(1 << 18)
                .flags(1 << 18)
                .code(a -> a.load(BX, PAGE + 1).end())
                .gives(BX, 0)
                .build());
        guests.add(guest("3A 7.15", "#GP of privileged instructions in ring 3: HLT")
                .long64()
                .user()
                .code(Asm::hlt)
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("1 19.5.2", "a port that the map forbids: #GP(0)")
                .long64()
                .user()
                .code(a -> a.in(0x80))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("1 19.5.2", "a port that the map allows")
                .long64()
                .user()
                .put64(TSS + 0x68 + 0x10, -2)
                .code(a -> a.in(0x80).end())
                .gives(0xff)
                .build());
        guests.add(guest("1 19.5.2", "a word of ports of which the map forbids one: #GP(0)")
                .long64()
                .user()
                .put64(TSS + 0x68 + 0x10, -2)
                .code(a -> a.hex("66e580"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("1 19.5.2", "a port beyond the limit of the TSS: #GP(0)")
                .long64()
                .user()
                .register(Asm.DX, 0x3f8)
                .code(a -> a.hex("ec"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B RSM", "RSM outside of system management mode is #UD")
                .long64()
                .code(a -> a.hex("0faa"))
                .fault(UD, CODE)
                .build());
    }

    private static void gates(List<SmallGuest> guests) {
        guests.add(guest("3A 7.12.1.3", "an interrupt gate clears IF, TF and NT")
                .protected32()
                .flags(IF | NT)
                .code(a -> a.interrupt(VECTOR))
                .fault(VECTOR, CODE + 2)
                .frame(2, IF | NT | 2)
                .flags(IF | NT | TF, 0)
                .build());
        guests.add(guest("3A 7.12.1.3", "a trap gate keeps IF")
                .protected32()
                .flags(IF)
                .gate(VECTOR, gate(CODE32, handler(VECTOR), TRAP_GATE, 0))
                .code(a -> a.interrupt(VECTOR))
                .fault(VECTOR, CODE + 2)
                .flags(IF, IF)
                .build());
        guests.add(guest("3A 7.12.1.1", "INT n from ring 3 through a gate of DPL 0: #GP with the vector")
                .protected32()
                .user()
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, VECTOR * 8 | IDT_BIT, CODE)
                .build());
        guests.add(guest("3A 7.12.1.1", "INT3 from ring 3 through a gate of DPL 0: #GP with the vector")
                .protected32()
                .user()
                .code(Asm::int3)
                .fault(GP, BP * 8 | IDT_BIT, CODE)
                .build());
        guests.add(guest("2A INT n", "INT1 from ring 3 passes a gate of DPL 0")
                .protected32()
                .user()
                .code(Asm::int1)
                .fault(DB, CODE + 1)
                .dr6(0xe00f, 0)
                .build());
        guests.add(guest("3A 7.12.1.1", "an exception from ring 3 passes a gate of DPL 0")
                .protected32()
                .user()
                .code(Asm::ud2)
                .fault(UD, CODE)
                .frame(1, USER_CODE32)
                .frame(3, STACK3)
                .frame(4, USER_DATA)
                .gives(SP, STACK0 - 20)
                .build());
        guests.add(guest("3A 7.12.1", "a 16-bit gate pushes words")
                .protected32()
                .gate(VECTOR, gate(CODE32, handler(VECTOR), 0x86, 0))
                .code(a -> a.interrupt(VECTOR))
                .gives(SP, STACK - 6)
                .memory(STACK - 6, 2, CODE + 2)
                .memory(STACK - 4, 2, CODE32)
                .memory(STACK - 2, 2, 2)
                .build());
        guests.add(guest("3A 7.12.1.1", "a conforming handler keeps ring 3 and its stack")
                .protected32()
                .user()
                .descriptor(FREE, segment(0, 0xfffff, 0x9e, 0xc))
                .gate(UD, gate(FREE, handler(UD), INTERRUPT_GATE, 0))
                .code(Asm::ud2)
                .fault(UD, CODE)
                .selector(CS, FREE | 3)
                .gives(SP, STACK3 - 12)
                .build());
        guests.add(guest("3A 7.12.1.1", "a handler of an outer ring: #GP with its segment")
                .protected32()
                .descriptor(FREE, FLAT_CODE32 | DPL3)
                .gate(VECTOR, gate(FREE, handler(VECTOR), INTERRUPT_GATE, 0))
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, FREE, CODE)
                .build());
        guests.add(guest("3A 7.11", "a gate without a segment: #GP(0)")
                .protected32()
                .gate(VECTOR, gate(0, handler(VECTOR), INTERRUPT_GATE, 0))
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 7.11", "a gate of another type: #GP with the vector")
                .protected32()
                .gate(VECTOR, gate(CODE32, handler(VECTOR), 0x8c, 0))
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, VECTOR * 8 | IDT_BIT, CODE)
                .build());
        guests.add(guest("3A 7.14.1", "a task gate in long mode: #GP with the vector, present or not")
                .long64()
                .gate64(VECTOR, gate(TASK, 0, 0x05, 0), 0)
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, VECTOR * 8 | IDT_BIT, CODE)
                .build());
        guests.add(guest("3A 7.14.1", "a handler in 32-bit code in long mode: #GP with its segment")
                .long64()
                .gate64(VECTOR, gate(CODE32, handler(VECTOR), INTERRUPT_GATE, 0), 0)
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, CODE32, CODE)
                .build());
        guests.add(guest("3A 7.14.1", "a handler that is not canonical: #GP(0)")
                .long64()
                .gate64(VECTOR, gate(CODE64, handler(VECTOR), INTERRUPT_GATE, 0), 0x8000)
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 7.14.3", "compatibility mode gets the frame of 64-bit mode")
                .compatibility()
                .user()
                .code(Asm::ud2)
                .fault(UD, CODE)
                .frame(1, USER_CODE32)
                .frame(3, STACK3)
                .frame(4, USER_DATA)
                .build());
    }

    private static void stacks(List<SmallGuest> guests) {
        guests.add(guest("3A 7.14.2", "64-bit mode aligns the frame and always pushes SS:RSP")
                .long64()
                .register(SP, STACK - 3)
                .code(a -> a.interrupt(VECTOR))
                .fault(VECTOR, CODE + 2)
                .frame(3, STACK - 3)
                .frame(4, DATA)
                .gives(SP, STACK - 16 - 40)
                .build());
        guests.add(guest("3A 7.14.4", "a change of ring loads RSP0 and a null SS")
                .long64()
                .user()
                .code(Asm::ud2)
                .fault(UD, CODE)
                .gives(SP, STACK0 - 40)
                .selector(SS, 0)
                .build());
        guests.add(guest("3A 7.14.5", "an IST entry is used in ring 0 too")
                .long64()
                .gate64(VECTOR, gate(CODE64, handler(VECTOR), INTERRUPT_GATE, 1), 0)
                .code(a -> a.interrupt(VECTOR))
                .fault(VECTOR, CODE + 2)
                .gives(SP, IST1 - 40)
                .selector(SS, DATA)
                .build());
        guests.add(guest("3A 7.14.5", "an IST entry beyond the TSS: #TS with the TSS")
                .long64()
                .task(TASK, TSS, 0x2a, 0x8b)
                .gate64(VECTOR, gate(CODE64, handler(VECTOR), INTERRUPT_GATE, 1), 0)
                .code(a -> a.interrupt(VECTOR))
                .fault(TS, TASK, CODE)
                .build());
        guests.add(guest("3A 7.14.5", "an IST entry that is not canonical: #SS(0)")
                .long64()
                .put64(TSS + 0x24, 0x8000_0000_0000L)
                .gate64(VECTOR, gate(CODE64, handler(VECTOR), INTERRUPT_GATE, 1), 0)
                .code(a -> a.interrupt(VECTOR))
                .fault(STACK_FAULT, 0, CODE)
                .build());
        guests.add(guest("3A 7.13", "a bad inner stack for an exception: #TS with EXT; for INT n without")
                .protected32()
                .user()
                .taskGate(TS)
                .put32(TSS + 8, USER_DATA & ~3)
                .code(Asm::ud2)
                .endsBehind(MORE)
                .memory(STACK1 - 4, 4, USER_DATA & ~3 | EXT)
                .build());
        guests.add(guest("3A 7.13", "a bad inner stack for INT n: #TS without EXT")
                .protected32()
                .user()
                .taskGate(TS)
                .put32(TSS + 8, USER_DATA & ~3)
                .gate(VECTOR, gate(CODE32, handler(VECTOR), 0xee, 0))
                .code(a -> a.interrupt(VECTOR))
                .endsBehind(MORE)
                .memory(STACK1 - 4, 4, USER_DATA & ~3)
                .build());
    }

    private static void errorCodes(List<SmallGuest> guests) {
        guests.add(guest("3A 7.13", "a gate that is not present, of INT n: #NP without EXT")
                .long64()
                .gate64(VECTOR, gate(CODE64, handler(VECTOR), ABSENT, 0), 0)
                .code(a -> a.interrupt(VECTOR))
                .fault(NP, VECTOR * 8 | IDT_BIT, CODE)
                .build());
        guests.add(guest("3A 7.13", "a gate that is not present, of an exception: #NP with EXT")
                .long64()
                .gate64(UD, gate(CODE64, handler(UD), ABSENT, 0), 0)
                .code(Asm::ud2)
                .fault(NP, UD * 8 | IDT_BIT | EXT, CODE)
                .build());
        guests.add(guest("3A 7.13", "a gate that is not present, of INT1: #NP with EXT")
                .long64()
                .gate64(DB, gate(CODE64, handler(DB), ABSENT, 0), 0)
                .code(Asm::int1)
                .fault(NP, DB * 8 | IDT_BIT | EXT, CODE)
                .build());
        guests.add(guest("3A 7.13", "a vector beyond the table: #GP with the vector")
                .long64()
                .idtLimit(0x3ff)
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, VECTOR * 8 | IDT_BIT, CODE)
                .build());
    }

    /** An exception whose gate is not present, or whose stack's page is not. */
    private static GuestBuilder second(String name, int first, boolean pageFault) {
        GuestBuilder builder =
                guest("3A table 7-5", name).long64().page(PAGE, 0).page(0x5000, pageFault ? 0 : 0x5007);
        builder.gate64(first, gate(CODE64, handler(first), pageFault ? INTERRUPT_GATE : ABSENT, pageFault ? 1 : 0), 0);
        return builder.code(a -> {
            switch (first) {
                case UD -> a.ud2();
                case DE -> a.hex("f7f3");
                case PF -> a.load(BX, PAGE);
                default -> a.segment(Asm.ES, 0xf8);
            }
        });
    }

    private static void doubleFaults(List<SmallGuest> guests) {
        guests.add(second("benign, then contributory: served one by one", UD, false)
                .fault(NP, UD * 8 | IDT_BIT | EXT, CODE)
                .build());
        guests.add(second("benign, then a page fault: served one by one", UD, true)
                .pageFault(2, CODE, IST1 - 8)
                .build());
        guests.add(second("contributory, then contributory: #DF(0)", DE, false)
                .fault(DF, 0, CODE)
                .build());
        guests.add(second("#GP, then #NP: #DF(0)", GP, false)
                .fault(DF, 0, CODE + 5)
                .build());
        guests.add(second("contributory, then a page fault: served one by one", DE, true)
                .pageFault(2, CODE, IST1 - 8)
                .build());
        guests.add(second("a page fault, then contributory: #DF(0)", PF, false)
                .fault(DF, 0, CODE)
                .cr2(PAGE)
                .build());
        guests.add(second("a page fault, then a page fault: #DF(0)", PF, true)
                .fault(DF, 0, CODE)
                .cr2(IST1 - 8)
                .build());
        guests.add(second("#DF, then contributory: shutdown", DE, false)
                .gate64(DF, gate(CODE64, handler(DF), ABSENT, 0), 0)
                .shutsDown()
                .build());
        guests.add(second("#DF, then a page fault: shutdown", PF, false)
                .gate64(DF, gate(CODE64, handler(DF), INTERRUPT_GATE, 1), 0)
                .page(0x5000, 0)
                .shutsDown()
                .build());
        guests.add(guest("3A table 7-5", "INT n of a contributory vector is benign: #NP")
                .long64()
                .gate64(GP, gate(CODE64, handler(GP), ABSENT, 0), 0)
                .code(a -> a.interrupt(GP))
                .fault(NP, GP * 8 | IDT_BIT, CODE)
                .build());
        guests.add(guest("3A 7.15", "#DF through a task gate")
                .protected32()
                .taskGate(DF)
                .gate(DE, gate(CODE32, handler(DE), ABSENT, 0))
                .code(a -> a.hex("f7f3"))
                .endsBehind(MORE)
                .memory(STACK1 - 4, 4, 0)
                .memory(TSS + 0x20, 4, CODE)
                .build());
    }

    private static void priorities(List<SmallGuest> guests) {
        guests.add(guest("3A 7.9", "an instruction longer than 15 bytes: #GP(0)")
                .long64()
                .code(a -> a.hex("66666666 66666666 66666666 666666 90"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 7.9", "an instruction of 15 bytes")
                .long64()
                .code(a -> a.hex("66666666 66666666 66666666 6666 90").end())
                .endsBehind(CODE + 15)
                .build());
        guests.add(guest("3A 7.9", "15 bytes of prefixes before a page that is not there: #GP(0)")
                .long64()
                .page(0xb000, 0)
                .codeAt(0xaff1, a -> a.hex("66666666 66666666 66666666 666666"))
                .code(a -> a.mov(AX, 0xaff1).hex("ffe0"))
                .fault(GP, 0, 0xaff1)
                .build());
        guests.add(guest("3A 7.9", "14 bytes of prefixes before a page that is not there: #PF")
                .long64()
                .page(0xb000, 0)
                .codeAt(0xaff2, a -> a.hex("66666666 66666666 66666666 6666"))
                .code(a -> a.mov(AX, 0xaff2).hex("ffe0"))
                .pageFault(16, 0xaff2, 0xb000)
                .build());
        guests.add(guest("2B MOV", "a privileged instruction with a bad operand in ring 3: #GP before #PF")
                .long64()
                .user()
                .page(PAGE, 0)
                .code(a -> a.lgdt(PAGE))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 7.9", "#NM comes before the operand's #PF")
                .long64()
                .cr0(8)
                .page(PAGE, 0)
                .code(a -> a.hex("dd0425 00d00000"))
                .fault(NM, CODE)
                .build());
        guests.add(guest("3A 7.9", "a segment's fault comes before its page's")
                .paging32()
                .page32(PAGE, 0)
                .descriptor(FREE, segment(PAGE, 0xff, 0x92, 4))
                .code(a -> a.segment(Asm.ES, FREE).hex("26 a1 fd000000"))
                .fault(GP, 0, CODE + 7)
                .build());
    }

    private static GuestBuilder invalid(String name, String bytes) {
        return guest("3A 7.15", name)
                .long64()
                .cr4(0x600)
                .code(a -> a.hex(bytes))
                .fault(UD, CODE);
    }

    private static void undefined(List<SmallGuest> guests) {
        guests.add(invalid("LOCK before an instruction that does not write: #UD", "f0 480303")
                .build());
        guests.add(invalid("LOCK before a register: #UD", "f0 4801d8").build());
        guests.add(invalid("LOCK before MOV: #UD", "f0 48891c25 00d00000").build());
        guests.add(invalid("LOCK before CMP: #UD", "f0 483b1c25 00d00000").build());
        guests.add(invalid("PUSH ES in 64-bit mode: #UD", "06").build());
        guests.add(invalid("BOUND's opcode without a vector model in 64-bit mode: #UD", "62 05 00d00000")
                .build());
        guests.add(invalid("AAA in 64-bit mode: #UD", "37").build());
        guests.add(invalid("LES's opcode without AVX: #UD", "c4 e2 79 18 c0").build());
        guests.add(invalid("AESENC on a model without AES: #UD", "660f38dcc1").build());
        guests.add(
                invalid("PCLMULQDQ on a model without it: #UD", "660f3a44c100").build());
        guests.add(invalid("MOVBE on a model without it: #UD", "480f38f00425 00d00000")
                .build());
        guests.add(invalid("SHA1NEXTE on a model without SHA: #UD", "0f38c8c1").build());
        guests.add(invalid("RDPID on a model without it: #UD", "f30fc7f8").build());
        guests.add(invalid("XSAVEC on a model without it: #UD", "0fc72425 00d00000")
                .build());
        guests.add(invalid("MONITOR on a model without it: #UD", "0f01c8").build());
        guests.add(invalid("MWAIT on a model without it: #UD", "0f01c9").build());
        guests.add(invalid("RDFSBASE without CR4.FSGSBASE: #UD", "f3480faec0").build());
        guests.add(invalid("XGETBV without CR4.OSXSAVE: #UD", "0f01d0").build());
        guests.add(invalid("VMXON: #UD", "f30fc73425 00d00000").build());
        guests.add(invalid("SYSENTER's neighbour 0F 36: #UD", "0f36").build());
        guests.add(invalid("UD1: #UD", "0fb9c0").build());
        guests.add(guest("3A 7.15", "SSE4.2 on the first model: #UD")
                .model("x86-64-v1")
                .long64()
                .cr4(0x600)
                .code(a -> a.hex("f20f38f1c3"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("3A 7.15", "POPCNT's opcode on the first model: #UD")
                .model("x86-64-v1")
                .long64()
                .code(a -> a.hex("f30fb8c3"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("3A 7.15", "the largest model has MOVBE and AES")
                .model("max")
                .long64()
                .cr4(0x600)
                .put64(PAGE, 0x1122_3344_5566_7788L)
                .code(a -> a.hex("480f38f01c25 00d00000 660f38dcc1").end())
                .gives(BX, 0x8877_6655_4433_2211L)
                .build());
    }

    private static void nonMaskable(List<SmallGuest> guests) {
        guests.add(guest("2A INT n", "INT 2 does not mask anything and IRET goes back")
                .long64()
                .handler(2, 64, a -> a.mov(BX, 7).iret())
                .code(a -> a.interrupt(2).end())
                .gives(BX, 7)
                .endsBehind(CODE + 2)
                .build());
    }
}
