package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CS;
import static dev.backplane.testkit.guest.Asm.DS;
import static dev.backplane.testkit.guest.Asm.SP;
import static dev.backplane.testkit.guest.Asm.SS;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Virtual-8086 mode with and without its extensions, and real mode (Intel SDM 3B, chapter 22). */
public final class Virtual8086Guests {
    private static final int UD = 6;
    private static final int GP = 13;
    private static final long VM = 0x2_0000;
    private static final long VIF = 0x8_0000;
    private static final long VIP = 0x10_0000;
    private static final int VME = 1;
    private static final int PVI = 2;
    /** The frame of an event from virtual-8086 mode: EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS. */
    private static final int FRAME_BYTES = 36;

    private static final int VECTOR = 0x40;

    private Virtual8086Guests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        transitions(guests);
        sensitive(guests);
        extensions(guests);
        protectedVirtualInterrupts(guests);
        realMode(guests);
        return guests;
    }

    private static void transitions(List<SmallGuest> guests) {
        guests.add(guest("3B 22.2.5", "IRETD of ring 0 with VM enters virtual-8086 mode with all segments")
                .protected32()
                .code(a -> a.pushImmediate(0x50)
                        .pushImmediate(0x40)
                        .pushImmediate(DATA_PAGE >> 4)
                        .pushImmediate(0x30)
                        .pushImmediate(0x700)
                        .pushImmediate(0xc00)
                        .pushImmediate(0x2_3002)
                        .pushImmediate(MORE >> 4)
                        .pushImmediate(0)
                        .iret())
                .put16(DATA_PAGE + 8, 0x4321)
                .codeAt(MORE, 16, a -> a.load(BX, 8).push(BX).end())
                .gives(BX, 0x4321)
                .memory(0x7bfe, 2, 0x4321)
                .selector(CS, (int) (MORE >> 4))
                .selector(SS, 0x700)
                .selector(Asm.GS, 0x50)
                .flags(VM, VM)
                .build());
        guests.add(guest("3B 22.2.6", "an event leaves virtual-8086 mode, and its frame has the data segments")
                .virtual8086(0)
                .code(Asm::ud2)
                .fault(UD, CODE)
                .frame(1, 0)
                .frame(2, 0x3_0002)
                .frame(3, STACK3)
                .frame(4, 0)
                .gives(SP, STACK0 - FRAME_BYTES)
                .selector(DS, 0)
                .flags(VM, 0)
                .expect("DS is unusable", end -> end.state().segments().get(DS).attributes() >> 16 & 1, 1)
                .build());
        guests.add(guest("2A INT n", "a handler of another ring than 0: #GP with its code segment")
                .virtual8086(3)
                .gate(UD, gate(FREE, HANDLERS, 0x8e, 0))
                .descriptor(FREE, FLAT_CODE32 | DPL1)
                .code(Asm::ud2)
                .fault(GP, FREE | 1, CODE)
                .build());
        guests.add(guest("2A INT n", "a conforming handler: #GP with its code segment")
                .virtual8086(3)
                .gate(UD, gate(FREE, HANDLERS, 0x8e, 0))
                .descriptor(FREE, segment(0, 0xfffff, 0x9e, 0xc))
                .code(Asm::ud2)
                .fault(GP, FREE | 1, CODE)
                .build());
        guests.add(guest("3B 22.2.6", "a handler returns to virtual-8086 mode by IRETD")
                .virtual8086(3)
                .gate(VECTOR, gate(CODE32, MORE, 0xee, 0))
                .codeAt(MORE, 32, a -> a.mov(BX, 0x1234).iret())
                .code(a -> a.interrupt(VECTOR).end())
                .endsBehind(CODE + 2)
                .gives(BX, 0x1234)
                .flags(VM, VM)
                .selector(DS, 0)
                .build());
    }

    private static GuestBuilder refused(String name, String bytes) {
        return guest("3B 22.2.7", name + " with IOPL below 3: #GP(0)")
                .virtual8086(0)
                .code(a -> a.hex(bytes))
                .fault(GP, 0, CODE)
                .frame(4, STACK3);
    }

    private static void sensitive(List<SmallGuest> guests) {
        guests.add(refused("CLI", "fa").build());
        guests.add(refused("STI", "fb").build());
        guests.add(refused("PUSHF", "9c").build());
        guests.add(refused("POPF", "9d").build());
        guests.add(refused("INT n", "cd40").build());
        guests.add(refused("IRET", "cf").build());
        guests.add(guest("3B 22.2.7", "INT3 is not sensitive to IOPL")
                .virtual8086(0)
                .gate(3, gate(CODE32, HANDLERS + 48, 0xee, 0))
                .code(Asm::int3)
                .fault(3, CODE + 1)
                .build());
        guests.add(guest("3B 22.2.7", "with IOPL 3 CLI and STI change IF")
                .virtual8086(3)
                .code(a -> a.sti().pushFlags().pop(BX).cli().end())
                .expect("BX", end -> end.register(BX) & 0xffff, 0x3202)
                .flags(0x200, 0)
                .build());
        guests.add(guest("3B 22.2.7", "POPF changes neither IOPL nor VM")
                .virtual8086(3)
                .code(a -> a.mov(AX, 0x0ed5)
                        .push(AX)
                        .popFlags()
                        .pushFlags()
                        .pop(BX)
                        .cli()
                        .end())
                .expect("BX", end -> end.register(BX) & 0xffff, 0x3ed7)
                .flags(VM, VM)
                .build());
        guests.add(guest("1 19.5.2", "ports follow the I/O map, whatever IOPL: #GP(0)")
                .virtual8086(3)
                .put32(TSS + 0x68, 0xffff_fffe)
                .code(a -> a.in(0).in(1).end())
                .fault(GP, 0, CODE + 2)
                .build());
        guests.add(guest("2A LLDT", "LLDT is #UD")
                .virtual8086(3)
                .code(a -> a.hex("0f00d0"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B MOV", "MOV from CR0 is #GP(0)")
                .virtual8086(3)
                .code(a -> a.hex("0f20c0"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3B 22.2.1", "a word at offset FFFF: #GP(0)")
                .virtual8086(3)
                .code(a -> a.hex("a1 ffff"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3B 22.2.1", "HLT is #GP(0)")
                .virtual8086(3)
                .code(Asm::hlt)
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 5.6", "virtual-8086 mode is user mode for paging")
                .paging32()
                .virtual8086(3)
                .page32(0, 7)
                .page32(DATA_PAGE, DATA_PAGE | 3)
                .cr0(0x8000_0000L)
                .code(a -> a.load(AX, DATA_PAGE))
                .pageFault(5, CODE, DATA_PAGE)
                .build());
    }

    /** Virtual-8086 mode extensions; no bit of the redirection map is set: the program handles all interrupts itself. */
    private static GuestBuilder extended(String section, String name, int iopl) {
        return guest(section, name)
                .model("max")
                .virtual8086(iopl)
                .cr4(VME)
                .task(TASK, TSS, 0x200, 0x8b)
                .put16(TSS + 0x66, 0x88)
                .put64(TSS + 0x68, 0)
                .put64(TSS + 0x70, 0)
                .put64(TSS + 0x78, 0)
                .put64(TSS + 0x80, 0)
                .put32(TSS + 0x88 + 0x1c, 0xffef_ffff)
                .put16(4 * VECTOR, 0x10)
                .put16(4 * VECTOR + 2, MORE >> 4)
                .codeAt(MORE + 0x10, 16, Asm::end);
    }

    private static void extensions(List<SmallGuest> guests) {
        guests.add(extended("3B 22.3.3.5", "INT n of a clear bit with IOPL 3 goes to the program's own handler", 3)
                .flags(0x3200)
                .code(a -> a.interrupt(VECTOR))
                .selector(CS, (int) (MORE >> 4))
                .gives(SP, STACK3 - 6)
                .memory(STACK3 - 6, 2, CODE + 2)
                .memory(STACK3 - 4, 2, 0)
                .memory(STACK3 - 2, 2, 0x3202)
                .flags(VM | 0x300, VM)
                .build());
        guests.add(extended(
                        "3B 22.3.3.6", "INT n of a clear bit with IOPL 0 shows VIF as IF and IOPL 3, and clears VIF", 0)
                .flags(VIF)
                .code(a -> a.interrupt(VECTOR))
                .selector(CS, (int) (MORE >> 4))
                .memory(STACK3 - 2, 2, 0x3202)
                .flags(VM | VIF, VM)
                .build());
        guests.add(extended("3B 22.3.3.4", "INT n of a set bit with IOPL 3 goes through its gate", 3)
                .put16(TSS + 0x88 - 0x20 + VECTOR / 8, 1)
                .gate(VECTOR, gate(CODE32, HANDLERS + 16 * VECTOR, 0xee, 0))
                .code(a -> a.interrupt(VECTOR))
                .fault(VECTOR, CODE + 2)
                .build());
        guests.add(extended("3B 22.3.3.3", "INT n of a set bit with IOPL 0: #GP(0)", 0)
                .put16(TSS + 0x88 - 0x20 + VECTOR / 8, 1)
                .code(a -> a.interrupt(VECTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(extended("3B 22.3.2", "STI with IOPL 0 sets VIF and not IF", 0)
                .code(a -> a.sti().pushFlags().pop(BX).end())
                .expect("BX", end -> end.register(BX) & 0xffff, 0x3202)
                .flags(VIF | 0x200, VIF)
                .build());
        guests.add(extended("3B 22.3.2", "STI with VIP: #GP(0)", 0)
                .flags(VIP)
                .code(Asm::sti)
                .fault(GP, 0, CODE)
                .build());
        guests.add(extended("3B 22.3.2", "CLI with IOPL 0 clears VIF", 0)
                .flags(VIF)
                .code(a -> a.cli().end())
                .flags(VIF, 0)
                .build());
        guests.add(extended("3B 22.3.2", "POPF with IOPL 0 puts IF into VIF", 0)
                .code(a -> a.mov(AX, 0x202).push(AX).popFlags().end())
                .flags(VIF | 0x3200, VIF)
                .build());
        guests.add(extended("3B 22.3.2", "POPF of TF with IOPL 0: #GP(0)", 0)
                .code(a -> a.mov(AX, 0x102).push(AX).popFlags().end())
                .fault(GP, 0, CODE + 4)
                .build());
        guests.add(extended("2A IRET", "IRET with IOPL 0 puts IF into VIF", 0)
                .code(a -> a.mov(AX, 0x202)
                        .push(AX)
                        .mov(AX, MORE >> 4)
                        .push(AX)
                        .mov(AX, 0x10)
                        .push(AX)
                        .iret())
                .selector(CS, (int) (MORE >> 4))
                .flags(VIF | 0x3200, VIF)
                .build());
        guests.add(extended("2A IRET", "IRET of IF with VIP and IOPL 0: #GP(0)", 0)
                .flags(VIP)
                .code(a -> a.mov(AX, 0x202).push(AX).push(AX).push(AX).iret())
                .fault(GP, 0, CODE + 6)
                .build());
        guests.add(extended("2A IRET", "IRETD with IOPL 0: #GP(0)", 0)
                .code(a -> a.hex("66cf"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(extended("2A PUSHF", "PUSHFD with IOPL 0: #GP(0)", 0)
                .code(a -> a.hex("669c"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 2.5", "CR4.VME on a model without it: #GP(0)")
                .protected32()
                .code(a -> a.cr(4, VME))
                .fault(GP, 0, CODE + 5)
                .build());
    }

    private static void protectedVirtualInterrupts(List<SmallGuest> guests) {
        guests.add(guest("3B 22.4", "PVI: STI and CLI of ring 3 work on VIF")
                .model("max")
                .protected32()
                .user()
                .cr4(PVI)
                .code(a -> a.sti().ud2())
                .fault(UD, CODE + 1)
                .expect("EFLAGS", end -> end.frame(2) & (VIF | 0x200), VIF)
                .build());
        guests.add(guest("3B 22.4", "PVI: STI of ring 3 with VIP: #GP(0)")
                .model("max")
                .protected32()
                .user()
                .cr4(PVI)
                .flags(VIP)
                .code(Asm::sti)
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B STI", "STI of ring 3 without PVI: #GP(0)")
                .protected32()
                .user()
                .code(Asm::sti)
                .fault(GP, 0, CODE)
                .build());
    }

    private static void realMode(List<SmallGuest> guests) {
        guests.add(guest("3B 22.1.4", "INT in real mode pushes FLAGS, CS and IP and clears IF, TF and AC")
                .real()
                .flags(0x4_0202)
                .code(a -> a.interrupt(VECTOR))
                .vector(VECTOR)
                .frame(0, CODE + 2)
                .frame(1, 0)
                .frame(2, 0x202)
                .flags(0x4_0300, 0)
                .build());
        guests.add(guest("3B 22.1.4", "a fault in real mode pushes no error code")
                .real()
                .code(a -> a.hex("66 a1 fdff"))
                .vector(GP)
                .frame(0, CODE)
                .frame(1, 0)
                .build());
        guests.add(guest("3B 22.1.4", "a vector beyond the limit of the table: #GP, #DF, shutdown")
                .real()
                .idtLimit(0x1f)
                .code(a -> a.interrupt(VECTOR))
                .shutsDown()
                .build());
        guests.add(guest("3B 22.1.4", "a vector beyond the limit with a #GP handler: #GP at the INT")
                .real()
                .idtLimit(0x3f)
                .code(a -> a.interrupt(VECTOR))
                .vector(GP)
                .frame(0, CODE)
                .build());
        guests.add(guest("3A 11.9", "real mode to protected mode and back")
                .protected32()
                .code(a -> a.jmpFar(CODE16, MORE))
                .codeAt(MORE, 16, a -> a.hex("0f20c0 24fe 0f22c0").jmpFar((int) (MORE >> 4), 0x20))
                .codeAt(MORE + 0x20, 16, a -> a.hex("0f20c3").end())
                .expect("CR0.PE", end -> end.register(BX) & 1, 0)
                .selector(CS, (int) (MORE >> 4))
                .build());
        guests.add(guest("3B 22.1.2", "32-bit operands and addresses in real mode")
                .real()
                .put32(DATA_PAGE, 0x1234_5678L)
                .code(a -> a.hex("66 bb 00c00000 67 66 8b03").end())
                .gives(AX, 0x1234_5678L)
                .build());
    }
}
