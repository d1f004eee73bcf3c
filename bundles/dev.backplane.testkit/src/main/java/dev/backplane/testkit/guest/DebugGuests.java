package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DI;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Breakpoints, single steps and the debug registers themselves (Intel SDM 3B, 19.2 and 19.3). */
public final class DebugGuests {
    private static final int DB = 1;
    private static final int UD = 6;
    private static final int GP = 13;
    private static final int TF = 0x100;
    private static final int RF = 0x1_0000;
    private static final int DE = 8;
    private static final long BS = 0x4000;
    private static final long BD = 0x2000;
    /** The bits of DR6 that tell why. */
    private static final long WHY = 0xe00f;

    private static final long PAGE = 0xd000;
    private static final long GENERAL_DETECT = 0x2000;

    // DR7 for breakpoint 0, global.
    private static final long EXECUTE = 0x402;
    private static final long WRITE_4 = 0x000d_0402;
    private static final long WRITE_1 = 0x0001_0402;
    private static final long ACCESS_4 = 0x000f_0402;
    private static final long ACCESS_8 = 0x000b_0402;
    private static final long PORT_1 = 0x0002_0402;
    private static final long PORT_2 = 0x0006_0402;

    private DebugGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        instructionBreakpoints(guests);
        dataBreakpoints(guests);
        portBreakpoints(guests);
        steps(guests);
        shadows(guests);
        registers(guests);
        return guests;
    }

    private static GuestBuilder at(String section, String name, long address, long dr7) {
        return guest(section, name).long64().debug(0, address).debug(7, dr7);
    }

    private static void instructionBreakpoints(List<SmallGuest> guests) {
        guests.add(at(
                        "3B 19.3.1.1",
                        "an instruction breakpoint comes before its instruction, without RF in the frame",
                        CODE + 1,
                        EXECUTE)
                .code(a -> a.nop().mov(BX, 5).end())
                .fault(DB, CODE + 1)
                .frame(2, 2)
                .gives(BX, 0)
                .dr6(WHY, 1)
                .build());
        guests.add(at("3B 19.3.1.1", "RF of the frame lets IRET pass the breakpoint once", CODE + 1, EXECUTE)
                .handler(DB, 64, a -> a.hex("fec3 814c2410 00000100").iret())
                .code(a -> a.nop().nop().end())
                .endsBehind(CODE + 2)
                .gives(BX, 1)
                .build());
        guests.add(at(
                        "3B 19.3.1.1",
                        "an instruction that faults at its breakpoint and is tried again does not meet it again",
                        CODE,
                        EXECUTE)
                .handler(DB, 64, a -> a.hex("fec3 814c2410 00000100").iret())
                .handler(UD, 64, a -> a.hex("fec1 80f903 7402 48cf").end())
                .code(Asm::ud2)
                .gives(BX, 1)
                .gives(CX, 3)
                .build());
        guests.add(at("3B 19.2.4", "a breakpoint that DR7 does not enable does nothing", CODE + 1, 0x400)
                .code(a -> a.nop().nop().end())
                .endsBehind(CODE + 2)
                .dr6(WHY, 0)
                .build());
        guests.add(at("3B 19.3.1.1", "a local breakpoint in ring 3", CODE + 1, 0x401)
                .user()
                .code(a -> a.nop().nop())
                .fault(DB, CODE + 1)
                .dr6(WHY, 1)
                .build());
        guests.add(guest("3B 19.2", "the linear address counts, with the segment's base")
                .protected32()
                .descriptor(FREE, segment(0x1000, 0xfffff, 0x9a, 0xc))
                .debug(0, MORE + 1)
                .debug(7, EXECUTE)
                .code(a -> a.jmpFar(FREE, MORE - 0x1000))
                .codeAt(MORE, a -> a.nop().nop())
                .fault(DB, MORE - 0x1000 + 1)
                .build());
    }

    private static void dataBreakpoints(List<SmallGuest> guests) {
        guests.add(at("3B 19.3.1.2", "a write breakpoint traps behind the store", PAGE, WRITE_4)
                .code(a -> a.store(PAGE, BX).nop())
                .fault(DB, CODE + 8)
                .dr6(WHY, 1)
                .build());
        guests.add(at("3B 19.3.1.2", "a write breakpoint ignores reads", PAGE, WRITE_4)
                .code(a -> a.load(BX, PAGE).end())
                .endsBehind(CODE + 8)
                .dr6(WHY, 0)
                .build());
        guests.add(at("3B 19.3.1.2", "a write of the same value counts", PAGE, WRITE_1)
                .code(a -> a.storeByte(PAGE, 0).nop())
                .fault(DB, CODE + 8)
                .build());
        guests.add(at("3B 19.3.1.2", "an access breakpoint traps on a read that overlaps it", PAGE, ACCESS_4)
                .code(a -> a.load(BX, PAGE - 5).nop())
                .fault(DB, CODE + 8)
                .build());
        guests.add(at("3B 19.3.1.2", "a read that ends before it does not", PAGE, ACCESS_4)
                .code(a -> a.load(BX, PAGE - 8).end())
                .endsBehind(CODE + 8)
                .build());
        guests.add(at("3B 19.2.5", "an access breakpoint of 8 bytes", PAGE, ACCESS_8)
                .code(a -> a.loadByteAt(BX, DI).nop())
                .register(DI, PAGE + 7)
                .fault(DB, CODE + 2)
                .build());
        guests.add(at("3B 19.3.1.2", "two breakpoints of one access are both in DR6", PAGE, 0x00dd_040a)
                .debug(1, PAGE)
                .code(a -> a.store(PAGE, BX).nop())
                .fault(DB, CODE + 8)
                .dr6(WHY, 3)
                .build());
        guests.add(at("3B 19.3.1.2", "an instruction that faults has no data breakpoint", PAGE, WRITE_4)
                .page(PAGE + 0x1000, 0)
                .debug(0, PAGE + 0xffc)
                .code(a -> a.store(PAGE + 0xffc, BX))
                .pageFault(2, CODE, PAGE + 0x1000)
                .dr6(WHY, 0)
                .build());
        guests.add(at("3B 19.3.1.2", "REP STOSB traps behind the iteration that met it", PAGE + 4, WRITE_1)
                .register(CX, 8)
                .register(DI, PAGE)
                .code(a -> a.hex("f3aa").end())
                .fault(DB, CODE)
                .gives(CX, 3)
                .gives(DI, PAGE + 5)
                .build());
        guests.add(at("3B 19.3.1.2", "a push of an exception's frame meets a data breakpoint too", STACK - 40, WRITE_4)
                .code(a -> a.push(BX).push(BX).push(BX).push(BX).push(BX).nop())
                .fault(DB, CODE + 5)
                .build());
    }

    private static void portBreakpoints(List<SmallGuest> guests) {
        guests.add(at("3B 19.2.4", "a port breakpoint traps behind the IN", 0x80, PORT_1)
                .cr4(DE)
                .code(a -> a.in(0x80).nop())
                .fault(DB, CODE + 2)
                .dr6(WHY, 1)
                .build());
        guests.add(at("3B 19.2.4", "a port breakpoint of two ports", 0x80, PORT_2)
                .cr4(DE)
                .code(a -> a.out(0x81).nop())
                .fault(DB, CODE + 2)
                .build());
        guests.add(at("3B 19.2.4", "another port does not", 0x80, PORT_1)
                .cr4(DE)
                .code(a -> a.in(0x81).end())
                .endsBehind(CODE + 2)
                .build());
        guests.add(at("3B 19.2.4", "an IN that the I/O map forbids is #GP without a breakpoint", 0x80, PORT_1)
                .user()
                .cr4(DE)
                .code(a -> a.in(0x80))
                .fault(GP, 0, CODE)
                .dr6(WHY, 0)
                .build());
    }

    private static GuestBuilder step(String name) {
        return guest("3B 19.3.1.4", name).long64().flags(TF);
    }

    private static void steps(List<SmallGuest> guests) {
        guests.add(step("a step traps behind the instruction, with TF in the frame and off in the handler")
                .code(a -> a.mov(BX, 5).nop())
                .fault(DB, CODE + 5)
                .frame(2, TF | 2)
                .flags(TF, 0)
                .dr6(WHY, BS)
                .gives(BX, 5)
                .build());
        guests.add(guest("3B 19.3.1.4", "POPF that sets TF is not stepped, the next instruction is")
                .long64()
                .code(a -> a.pushImmediate(TF | 2).popFlags().nop().nop())
                .fault(DB, CODE + 7)
                .build());
        guests.add(guest("3B 19.3.1.4", "IRET that sets TF is not stepped, the next instruction is")
                .protected32()
                .code(a -> a.pushImmediate(TF | 2)
                        .pushImmediate(CODE32)
                        .pushImmediate(MORE)
                        .iret())
                .codeAt(MORE, a -> a.nop().nop())
                .fault(DB, MORE + 1)
                .build());
        guests.add(step("a fault comes instead of the step's trap")
                .code(Asm::ud2)
                .fault(UD, CODE)
                .frame(2, TF | RF | 2)
                .dr6(WHY, 0)
                .build());
        guests.add(step("INT n clears TF, and its handler is not trapped")
                .code(a -> a.interrupt(0x40))
                .fault(0x40, CODE + 2)
                .dr6(WHY, 0)
                .build());
        guests.add(step("each iteration of a REP is a step")
                .register(CX, 3)
                .register(DI, PAGE)
                .code(a -> a.hex("f3aa").nop())
                .fault(DB, CODE)
                .gives(CX, 2)
                .build());
        guests.add(step("the trap wakes HLT")
                .code(a -> a.hlt().nop())
                .fault(DB, CODE + 1)
                .dr6(WHY, BS)
                .build());
        guests.add(step("a step and a data breakpoint are one trap")
                .debug(0, PAGE)
                .debug(7, WRITE_4)
                .code(a -> a.store(PAGE, BX).nop())
                .fault(DB, CODE + 8)
                .dr6(WHY, BS | 1)
                .build());
        guests.add(step("SYSCALL with TF masked is not followed by a trap")
                .msr(0xc000_0081, 0x0023_0028L << 32)
                .msr(0xc000_0082, MORE)
                .msr(0xc000_0084, TF)
                .code(Asm::syscall)
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .expect("R11", end -> end.register(11), TF | 2)
                .build());
        guests.add(guest("3B 19.3.1.4", "a taken branch is a step")
                .long64()
                .flags(TF)
                .code(a -> a.jmp("there").nop().label("there").nop())
                .fault(DB, CODE + 6)
                .build());
        guests.add(guest("3B 19.3.1.4", "a step in real mode")
                .real()
                .flags(TF)
                .code(a -> a.nop().nop())
                .vector(DB)
                .frame(0, CODE + 1)
                .frame(2, TF | 2)
                .build());
    }

    private static void shadows(List<SmallGuest> guests) {
        guests.add(guest("3A 7.8.3", "MOV SS holds the step's trap back for one instruction")
                .long64()
                .flags(TF)
                .register(AX, DATA)
                .code(a -> a.movToSegment(Asm.SS, AX).nop().nop())
                .fault(DB, CODE + 3)
                .build());
        guests.add(guest("3A 7.8.3", "POP SS holds the step's trap back for one instruction")
                .protected32()
                .flags(TF)
                .register(Asm.SP, PAGE)
                .put32(PAGE, DATA)
                .code(a -> a.hex("17").nop().nop())
                .fault(DB, CODE + 2)
                .build());
        guests.add(guest("3A 7.8.3", "STI does not hold the step's trap back")
                .long64()
                .flags(TF)
                .code(a -> a.sti().nop().nop())
                .fault(DB, CODE + 1)
                .build());
        guests.add(guest("3A 7.8.3", "MOV SS holds back the breakpoint of its own operand")
                .long64()
                .put16(PAGE, DATA)
                .debug(0, PAGE)
                .debug(7, ACCESS_4)
                .code(a -> a.hex("8e1425 00d00000").nop().nop())
                .fault(DB, CODE + 8)
                .dr6(WHY, 1)
                .build());
        guests.add(guest("3A 7.8.3", "an instruction breakpoint behind MOV SS is not met")
                .long64()
                .register(AX, DATA)
                .debug(0, CODE + 2)
                .debug(7, EXECUTE)
                .code(a -> a.movToSegment(Asm.SS, AX).nop().end())
                .endsBehind(CODE + 3)
                .build());
    }

    private static void registers(List<SmallGuest> guests) {
        guests.add(guest("3B 19.2.4", "MOV to DR6 and DR7 keep their fixed bits")
                .long64()
                .code(a -> a.dr(6, 0).dr(7, 0).movFromDr(BX, 6).movFromDr(CX, 7).end())
                .gives(BX, 0xffff_0ff0L)
                .gives(CX, 0x400)
                .build());
        guests.add(guest("3B 19.2.4", "upper bits in DR7: #GP(0)")
                .long64()
                .code(a -> a.dr(7, 1L << 32))
                .fault(GP, 0, CODE + 10)
                .build());
        guests.add(guest("3B 19.2.2", "DR4 is DR6 without CR4.DE")
                .long64()
                .code(a -> a.movFromDr(BX, 4).end())
                .gives(BX, 0xffff_0ff0L)
                .build());
        guests.add(guest("3B 19.2.2", "DR4 is #UD with CR4.DE")
                .long64()
                .cr4(DE)
                .code(a -> a.movFromDr(BX, 4))
                .fault(UD, CODE)
                .build());
        guests.add(guest("3B 19.2", "MOV from DR0 in ring 3: #GP(0)")
                .long64()
                .user()
                .code(a -> a.movFromDr(BX, 0))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3B 19.3.1.3", "DR7.GD guards the registers, and is off in the handler")
                .long64()
                .debug(7, GENERAL_DETECT | 0x400)
                .code(a -> a.movFromDr(BX, 7))
                .fault(DB, CODE)
                .dr6(WHY, BD)
                .gives(BX, 0)
                .expect("DR7.GD", end -> end.state().debug()[5] & GENERAL_DETECT, 0)
                .build());
        guests.add(guest("3B 19.3.1.3", "every #DB clears DR7.GD, not only that of the guard")
                .long64()
                .flags(TF)
                .debug(7, GENERAL_DETECT | 0x400)
                .code(a -> a.nop().nop())
                .fault(DB, CODE + 1)
                .expect("DR7.GD", end -> end.state().debug()[5] & GENERAL_DETECT, 0)
                .build());
        guests.add(guest("3B 19.2.3", "DR6 keeps old reasons")
                .long64()
                .flags(TF)
                .debug(6, 0xffff_0ff2L)
                .code(a -> a.nop().nop())
                .fault(DB, CODE + 1)
                .dr6(WHY, BS | 2)
                .build());
    }
}
