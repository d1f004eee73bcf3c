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

/** Far transfers, call gates and far returns (Intel SDM 3A, 6.8). */
public final class GateGuests {
    private static final int UD = 6;
    private static final int TS = 10;
    private static final int NP = 11;
    private static final int STACK_FAULT = 12;
    private static final int GP = 13;
    private static final int FAR_BYTES = 7;
    private static final int PUSH_BYTES = 5;
    /** To be seen after a return. */
    private static final int IOPL3 = 0x3000;

    private static final int GATE32 = 0x8c;
    private static final int GATE32_FOR_ALL = 0xec;
    private static final int GATE16_FOR_ALL = 0xe4;

    private GateGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        direct(guests);
        gates(guests);
        innerStacks(guests);
        returns(guests);
        longMode(guests);
        longModeReturns(guests);
        return guests;
    }

    private static void direct(List<SmallGuest> guests) {
        guests.add(jump("3A 6.8.1.1", "JMP to code of another privilege: #GP", FLAT_CODE32 | DPL3, FREE)
                .fault(GP, FREE, CODE)
                .build());
        guests.add(jump("3A 6.8.1.1", "JMP with an RPL above CPL: #GP", FLAT_CODE32, FREE | 1)
                .fault(GP, FREE, CODE)
                .build());
        guests.add(jump("3A 6.8.1", "JMP to code that is not present: #NP", FLAT_CODE32 & ~PRESENT, FREE)
                .fault(NP, FREE, CODE)
                .build());
        guests.add(jump("3A 6.8.1", "JMP to data: #GP", FLAT_DATA, FREE)
                .fault(GP, FREE, CODE)
                .build());
        guests.add(jump("2A JMP", "JMP to a null selector: #GP(0)", 0, 3)
                .fault(GP, 0, CODE)
                .build());
        guests.add(jump("2A JMP", "JMP beyond the new segment's limit: #GP(0)", segment(0, 0xfff, 0x9a, 4), FREE)
                .fault(GP, 0, CODE)
                .selector(CS, CODE32)
                .build());
        guests.add(guest("3A 6.8.1.2", "conforming code of ring 0 runs at ring 3's privilege")
                .protected32()
                .user()
                .flags(IOPL3)
                .descriptor(FREE, segment(0, 0xfffff, 0x9e, 0xc))
                .code(a -> a.jmpFar(FREE, MORE))
                .codeAt(MORE, a -> a.pushImmediate(0x11).cli().end())
                .selector(CS, FREE | 3)
                .endsBehind(MORE + PUSH_BYTES + 1)
                .build());
        guests.add(guest("3A 6.8.1.2", "conforming code of ring 3 from ring 0: #GP")
                .protected32()
                .descriptor(FREE, segment(0, 0xfffff, 0xfe, 0xc))
                .code(a -> a.jmpFar(FREE, MORE))
                .fault(GP, FREE, CODE)
                .build());
        guests.add(guest("2A CALL", "CALL pushes CS and EIP, RETF comes back and releases parameters")
                .protected32()
                .code(a -> a.pushImmediate(0x11).callFar(CODE32, MORE).end())
                .codeAt(MORE, a -> a.hex("8b5c2404 8b7c2408").retFar(4))
                .gives(BX, CODE32)
                .gives(Asm.DI, 0x11)
                .gives(SP, STACK)
                .endsBehind(CODE + PUSH_BYTES + FAR_BYTES)
                .build());
        guests.add(guest("2A CALL", "a CALL whose push faults has not changed CS")
                .protected32()
                .descriptor(FREE, segment(0, 0x5fff, 0x92, 4))
                .descriptor(FREE + 8, FLAT_CODE32)
                .taskGate(STACK_FAULT)
                .code(a -> a.segment(SS, FREE).callFar(FREE + 8, MORE))
                .memory(TSS + 0x4c, 2, CODE32)
                .memory(TSS + 0x20, 4, CODE + PUSH_BYTES + 2)
                .memory(STACK1 - 4, 4, 0)
                .endsBehind(MORE)
                .build());
        guests.add(guest("2A JMP", "16-bit JMP m16:16 in protected mode")
                .protected32()
                .put16(DATA_PAGE, MORE)
                .put16(DATA_PAGE + 2, CODE16)
                .code(a -> a.hex("66 ff2d 00c00000"))
                .codeAt(MORE, 16, a -> a.end())
                .selector(CS, CODE16)
                .endsBehind(MORE)
                .build());
        guests.add(guest(
                        "2A JMP",
                        "JMP m16:32 across a far pointer whose page ends: both parts are read before anything changes")
                .paging32()
                .page32(0xd000, 0)
                .code(a -> a.hex("ff2d fccf0000"))
                .pageFault(0, CODE, 0xd000)
                .build());
    }

    private static GuestBuilder jump(String section, String name, long descriptor, int selector) {
        return guest(section, name).protected32().descriptor(FREE, descriptor).code(a -> a.jmpFar(selector, MORE));
    }

    private static GuestBuilder callFromRing3(String section, String name, long gate) {
        return guest(section, name)
                .protected32()
                .user()
                .descriptor(FREE, gate)
                .code(a -> a.pushImmediate(0x11).pushImmediate(0x22).callFar(FREE | 3, 0xdead))
                .codeAt(MORE, Asm::end);
    }

    private static void gates(List<SmallGuest> guests) {
        long call = CODE + 2 * PUSH_BYTES;
        guests.add(callFromRing3(
                        "3A 6.8.5",
                        "a 32-bit call gate switches stacks and copies parameters",
                        gate(CODE32, MORE, GATE32_FOR_ALL, 2))
                .endsBehind(MORE)
                .selector(CS, CODE32)
                .selector(SS, DATA)
                .frame(0, call + FAR_BYTES)
                .frame(1, USER_CODE32)
                .frame(2, 0x22)
                .frame(3, 0x11)
                .frame(4, STACK3 - 8)
                .frame(5, USER_DATA)
                .gives(SP, STACK0 - 24)
                .build());
        guests.add(callFromRing3(
                        "3A 6.8.5",
                        "a 16-bit call gate copies words and pushes words",
                        gate(CODE32, MORE, GATE16_FOR_ALL, 2))
                .endsBehind(MORE)
                .memory(STACK0 - 2, 2, USER_DATA)
                .memory(STACK0 - 4, 2, STACK3 - 8)
                .memory(STACK0 - 6, 2, 0)
                .memory(STACK0 - 8, 2, 0x22)
                .memory(STACK0 - 10, 2, USER_CODE32)
                .memory(STACK0 - 12, 2, call + FAR_BYTES)
                .gives(SP, STACK0 - 12)
                .build());
        guests.add(callFromRing3(
                        "3A 6.8.4",
                        "a call gate to conforming code keeps privilege and stack",
                        gate(FREE + 8, MORE, GATE32_FOR_ALL, 2))
                .descriptor(FREE + 8, segment(0, 0xfffff, 0x9e, 0xc))
                .flags(IOPL3)
                .endsBehind(MORE)
                .selector(CS, FREE + 8 | 3)
                .selector(SS, USER_DATA)
                .gives(SP, STACK3 - 16)
                .build());
        guests.add(callFromRing3(
                        "3A 6.8.4",
                        "a call gate of DPL 0 from ring 3: #GP with the gate",
                        gate(CODE32, MORE, GATE32, 0))
                .fault(GP, FREE, call)
                .build());
        guests.add(callFromRing3(
                        "3A 6.8.4", "a call gate that is not present: #NP with the gate", gate(CODE32, MORE, 0x6c, 0))
                .fault(NP, FREE, call)
                .build());
        guests.add(callFromRing3("3A 6.8.4", "a call gate without a segment: #GP(0)", gate(0, MORE, GATE32_FOR_ALL, 0))
                .fault(GP, 0, call)
                .build());
        guests.add(
                callFromRing3("3A 6.8.4", "a call gate to data: #GP with the data", gate(DATA, MORE, GATE32_FOR_ALL, 0))
                        .fault(GP, DATA, call)
                        .build());
        guests.add(callFromRing3(
                        "3A 6.8.4",
                        "a call gate to code that is not present: #NP with the code",
                        gate(FREE + 8, MORE, GATE32_FOR_ALL, 0))
                .descriptor(FREE + 8, FLAT_CODE32 & ~PRESENT)
                .fault(NP, FREE + 8, call)
                .build());
        guests.add(callFromRing3(
                        "3A 6.8.4",
                        "a call gate beyond the limit of its segment: #GP(0)",
                        gate(FREE + 8, MORE, GATE32_FOR_ALL, 0))
                .descriptor(FREE + 8, segment(0, 0xfff, 0x9a, 4))
                .fault(GP, 0, call)
                .build());
        guests.add(guest("3A 6.8.4", "JMP through a call gate to inner code: #GP with the code")
                .protected32()
                .user()
                .descriptor(FREE, gate(CODE32, MORE, GATE32_FOR_ALL, 0))
                .code(a -> a.jmpFar(FREE | 3, 0))
                .fault(GP, CODE32, CODE)
                .build());
        guests.add(guest("3A 6.8.4", "JMP through a call gate within the ring pushes nothing")
                .protected32()
                .descriptor(FREE, gate(CODE32, MORE, GATE32, 3))
                .code(a -> a.jmpFar(FREE, 0))
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .gives(SP, STACK)
                .build());
        guests.add(guest("3A 6.8.4", "CALL through a 16-bit call gate within the ring pushes words")
                .protected32()
                .descriptor(FREE, gate(CODE32, MORE, 0x84, 0))
                .code(a -> a.callFar(FREE, 0))
                .codeAt(MORE, Asm::end)
                .gives(SP, STACK - 4)
                .memory(STACK - 4, 2, CODE + FAR_BYTES)
                .memory(STACK - 2, 2, CODE32)
                .build());
        guests.add(guest("3A 6.8.4", "ring 1 is entered by a gate with the stack of ring 1")
                .protected32()
                .user()
                .descriptor(FREE, gate(FREE + 8, MORE, GATE32_FOR_ALL, 0))
                .descriptor(FREE + 8, FLAT_CODE32 | DPL1)
                .descriptor(FREE + 16, FLAT_DATA | DPL1)
                .put32(TSS + 12, STACK1)
                .put32(TSS + 16, FREE + 16 | 1)
                .flags(0x1000)
                .code(a -> a.callFar(FREE | 3, 0))
                .codeAt(MORE, Asm::end)
                .selector(CS, FREE + 8 | 1)
                .selector(SS, FREE + 16 | 1)
                .gives(SP, STACK1 - 16)
                .build());
    }

    private static GuestBuilder innerStack(String name, int vector) {
        return guest("3A 6.8.5", name)
                .protected32()
                .user()
                .taskGate(vector)
                .descriptor(FREE, gate(CODE32, MORE, GATE32_FOR_ALL, 2))
                .code(a -> a.callFar(FREE | 3, 0))
                .endsBehind(MORE)
                .memory(TSS + 0x20, 4, CODE)
                .memory(TSS + 0x38, 4, STACK3);
    }

    private static void innerStacks(List<SmallGuest> guests) {
        guests.add(innerStack("an inner stack of another DPL: #TS with the stack", TS)
                .put32(TSS + 8, USER_DATA & ~3)
                .memory(STACK1 - 4, 4, USER_DATA & ~3)
                .build());
        guests.add(innerStack("an inner stack of another RPL: #TS with the stack", TS)
                .put32(TSS + 8, DATA | 1)
                .memory(STACK1 - 4, 4, DATA)
                .build());
        guests.add(innerStack("a null inner stack: #TS(0)", TS)
                .put32(TSS + 8, 0)
                .memory(STACK1 - 4, 4, 0)
                .build());
        guests.add(innerStack("an inner stack beyond the table: #TS with the stack", TS)
                .put32(TSS + 8, 0xf0)
                .memory(STACK1 - 4, 4, 0xf0)
                .build());
        guests.add(innerStack("an inner stack that is not writable: #TS with the stack", TS)
                .put32(TSS + 8, FREE + 8)
                .descriptor(FREE + 8, segment(0, 0xfffff, 0x90, 0xc))
                .memory(STACK1 - 4, 4, FREE + 8)
                .build());
        guests.add(innerStack("an inner stack that is not present: #SS with the stack", STACK_FAULT)
                .put32(TSS + 8, FREE + 8)
                .descriptor(FREE + 8, segment(0, 0xfffff, 0x12, 0xc))
                .memory(STACK1 - 4, 4, FREE + 8)
                .build());
        guests.add(innerStack("an inner stack without room: #SS with the stack", STACK_FAULT)
                .put32(TSS + 8, FREE + 8)
                .descriptor(FREE + 8, segment(0, 0x6ff8, 0x92, 4))
                .memory(STACK1 - 4, 4, FREE + 8)
                .build());
        guests.add(guest("3A 6.8.5", "a caller's stack without the parameters: #SS(0)")
                .protected32()
                .user()
                .taskGate(STACK_FAULT)
                .descriptor(FREE, gate(CODE32, MORE, GATE32_FOR_ALL, 2))
                .code(a -> a.callFar(FREE | 3, 0))
                .endsBehind(MORE)
                .memory(TSS + 0x20, 4, CODE)
                .descriptor(FREE + 8, segment(0, 0x7bff, 0xf2, 4))
                .segmentRegister(SS, FREE + 8 | 3, 0, 0x7bff, 0x40f3)
                .register(SP, 0x7bfc)
                .memory(STACK1 - 4, 4, 0)
                .memory(TSS + 0x38, 4, 0x7bfc)
                .build());
        guests.add(guest("3A 6.8.5", "a TSS too short for the inner stack: #TS with the TSS")
                .protected32()
                .user()
                .taskGate(TS)
                .task(TASK, TSS, 7, 0x8b)
                .descriptor(FREE, gate(CODE32, MORE, GATE32_FOR_ALL, 2))
                .code(a -> a.callFar(FREE | 3, 0))
                .endsBehind(MORE)
                .memory(STACK1 - 4, 4, TASK)
                .build());
    }

    private static GuestBuilder returning(String section, String name, long ss, long esp, long cs, long eip) {
        return guest(section, name)
                .protected32()
                .flags(IOPL3)
                .code(a -> a.pushImmediate(ss)
                        .pushImmediate(esp)
                        .pushImmediate(cs)
                        .pushImmediate(eip)
                        .retFar())
                .codeAt(MORE, Asm::end);
    }

    private static void returns(List<SmallGuest> guests) {
        long ret = CODE + 4 * PUSH_BYTES;
        guests.add(returning(
                        "3A 6.8.6",
                        "RETF to ring 3 loads its stack and clears DS of ring 0",
                        USER_DATA,
                        STACK3,
                        USER_CODE32,
                        MORE)
                .endsBehind(MORE)
                .selector(CS, USER_CODE32)
                .selector(SS, USER_DATA)
                .selector(DS, 0)
                .gives(SP, STACK3)
                .build());
        guests.add(returning(
                        "3A 6.8.6",
                        "RETF keeps conforming code in a data segment register",
                        USER_DATA,
                        STACK3,
                        USER_CODE32,
                        MORE)
                .descriptor(FREE, segment(0, 0xfffff, 0x9e, 0xc))
                .segmentRegister(DS, FREE, 0, 0xffff_ffffL, 0xc09f)
                .selector(DS, FREE)
                .build());
        guests.add(returning(
                        "2B RET", "RETF to a stack of another RPL: #GP with the stack", DATA, STACK3, USER_CODE32, MORE)
                .fault(GP, DATA, ret)
                .gives(SP, STACK - 16 - 16)
                .build());
        guests.add(returning("2B RET", "RETF to ring 3 with a null stack: #GP(0)", 0, STACK3, USER_CODE32, MORE)
                .fault(GP, 0, ret)
                .build());
        guests.add(returning("2B RET", "RETF to a stack that is not present: #SS", FREE | 3, STACK3, USER_CODE32, MORE)
                .descriptor(FREE, segment(0, 0xfffff, 0x72, 0xc))
                .fault(STACK_FAULT, FREE, ret)
                .build());
        guests.add(returning("2B RET", "RETF to code that is not present: #NP", USER_DATA, STACK3, FREE | 3, MORE)
                .descriptor(FREE, segment(0, 0xfffff, 0x7a, 0xc))
                .fault(NP, FREE, ret)
                .build());
        guests.add(returning("2B RET", "RETF to a null selector: #GP(0)", USER_DATA, STACK3, 0, MORE)
                .fault(GP, 0, ret)
                .build());
        guests.add(returning("2B RET", "RETF beyond the limit: #GP(0)", USER_DATA, STACK3, FREE | 3, MORE)
                .descriptor(FREE, segment(0, 0xfff, 0xfa, 4))
                .fault(GP, 0, ret)
                .build());
        guests.add(guest("2B RET", "RETF to an inner ring: #GP with the code")
                .protected32()
                .user()
                .code(a -> a.pushImmediate(CODE32).pushImmediate(MORE).retFar())
                .fault(GP, CODE32, CODE + 2 * PUSH_BYTES)
                .build());
        guests.add(returning("2B RET", "RETF n releases n bytes on both stacks", 0x22, USER_DATA, STACK3, 0x11)
                .code(a -> a.pushImmediate(USER_DATA)
                        .pushImmediate(STACK3 - 0x20)
                        .pushImmediate(0x33)
                        .pushImmediate(0x44)
                        .pushImmediate(USER_CODE32)
                        .pushImmediate(MORE)
                        .retFar(8))
                .endsBehind(MORE)
                .gives(SP, STACK3 - 0x18)
                .build());
        guests.add(guest("2A IRET", "IRET with bad flags on its stack takes only those that exist")
                .protected32()
                .code(a -> a.pushImmediate(-1 & ~0x2_4100)
                        .pushImmediate(CODE32)
                        .pushImmediate(MORE)
                        .iret())
                .codeAt(MORE, a -> a.pushFlags().pop(BX).cli().end())
                .expect("BX", end -> end.register(BX) & ~0x1_0000, 0x3c_3ed7 & ~0x18_0000 | 0x18_0000)
                .build());
        guests.add(guest("2A IRET", "IRET of ring 3 leaves IF and IOPL")
                .protected32()
                .user()
                .code(a -> a.pushImmediate(0x3202)
                        .pushImmediate(USER_CODE32)
                        .pushImmediate(MORE)
                        .iret())
                .codeAt(MORE, a -> a.pushFlags().pop(BX).ud2())
                .fault(UD, MORE + 2)
                .gives(BX, 2)
                .build());
    }

    private static GuestBuilder gate64(String name, long gate, long upper) {
        return guest("3A 6.8.3.1", name)
                .long64()
                .user()
                .descriptor(FREE, gate)
                .descriptor(FREE + 8, upper)
                .put32(DATA_PAGE, 0xdead)
                .put16(DATA_PAGE + 4, FREE | 3)
                .code(a -> a.callFarIndirect(DATA_PAGE))
                .codeAt(MORE, Asm::end);
    }

    private static void longMode(List<SmallGuest> guests) {
        guests.add(gate64(
                        "a 64-bit call gate takes RSP0, a null SS and quadwords",
                        gate(CODE64, MORE, GATE32_FOR_ALL, 0),
                        0)
                .endsBehind(MORE)
                .selector(CS, CODE64)
                .selector(SS, 0)
                .gives(SP, STACK0 - 32)
                .frame(0, CODE + FAR_BYTES)
                .frame(1, USER_CODE64)
                .frame(2, STACK3)
                .frame(3, USER_DATA)
                .build());
        guests.add(gate64(
                        "the upper half's type is not zero: #GP with the gate",
                        gate(CODE64, MORE, GATE32_FOR_ALL, 0),
                        0xc00_0000_0000L)
                .fault(GP, FREE, CODE)
                .build());
        guests.add(gate64("a gate to 32-bit code: #GP with the code", gate(CODE32, MORE, GATE32_FOR_ALL, 0), 0)
                .fault(GP, CODE32, CODE)
                .build());
        guests.add(gate64("a 16-bit call gate: #GP with the gate", gate(CODE64, MORE, GATE16_FOR_ALL, 0), 0)
                .fault(GP, FREE, CODE)
                .build());
        guests.add(gate64("a task gate: #GP with the gate", gate(TASK, 0, 0xe5, 0), 0)
                .fault(GP, FREE, CODE)
                .build());
        guests.add(gate64("an entry point that is not canonical: #GP(0)", gate(CODE64, MORE, GATE32_FOR_ALL, 0), 0x8000)
                .fault(GP, 0, CODE)
                .build());
        guests.add(gate64("RSP0 is not canonical: #SS(0)", gate(CODE64, MORE, GATE32_FOR_ALL, 0), 0)
                .put64(TSS + 4, 0x8000_0000_0000L)
                .gate64(STACK_FAULT, gate(CODE64, HANDLERS + 16 * STACK_FAULT, 0x8e, 1), 0)
                .fault(STACK_FAULT, 0, CODE)
                .build());
        guests.add(guest("3A 6.8.3.1", "a 64-bit gate from compatibility mode enters 64-bit code")
                .compatibility()
                .user()
                .descriptor(FREE, gate(CODE64, MORE, GATE32_FOR_ALL, 0))
                .code(a -> a.callFar(FREE | 3, 0))
                .codeAt(MORE, 64, Asm::end)
                .endsBehind(MORE)
                .selector(CS, CODE64)
                .frame(1, USER_CODE32)
                .frame(2, STACK3)
                .build());
        guests.add(guest("2A JMP", "a direct far JMP does not exist in 64-bit mode: #UD")
                .long64()
                .code(a -> a.hex("ea 00a00000 0800"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2A JMP", "JMP m16:64 by REX.W")
                .long64()
                .put64(DATA_PAGE, MORE)
                .put16(DATA_PAGE + 8, CODE64)
                .code(a -> a.hex("48 ff2c25 00c00000"))
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .build());
        guests.add(guest("3A 3.4.5", "code with L and D set: #GP with the code")
                .long64()
                .descriptor(FREE, 0x00ef_9a00_0000_ffffL)
                .put32(DATA_PAGE, MORE)
                .put16(DATA_PAGE + 4, FREE)
                .code(a -> a.jmpFarIndirect(DATA_PAGE))
                .fault(GP, FREE, CODE)
                .build());
        guests.add(guest("2A JMP", "a jump to a TSS in long mode: #GP")
                .long64()
                .put32(DATA_PAGE, 0)
                .put16(DATA_PAGE + 4, FREE)
                .descriptor(FREE, segment(TSS2, 0x67, 0x89, 0))
                .code(a -> a.jmpFarIndirect(DATA_PAGE))
                .fault(GP, FREE, CODE)
                .build());
        guests.add(guest("2A CALL", "a far CALL in 64-bit mode pushes the operand's size")
                .long64()
                .put32(DATA_PAGE, MORE)
                .put16(DATA_PAGE + 4, CODE64)
                .code(a -> a.callFarIndirect(DATA_PAGE))
                .codeAt(MORE, Asm::end)
                .gives(SP, STACK - 8)
                .memory(STACK - 8, 4, CODE + FAR_BYTES)
                .memory(STACK - 4, 4, CODE64)
                .build());
    }

    private static GuestBuilder iretq(String section, String name, long ss, long rsp, long flags, long cs, long rip) {
        return guest(section, name)
                .long64()
                .flags(IOPL3)
                .put64(DATA_PAGE, rip)
                .put64(DATA_PAGE + 8, cs)
                .put64(DATA_PAGE + 16, flags)
                .put64(DATA_PAGE + 24, rsp)
                .put64(DATA_PAGE + 32, ss)
                .code(a -> a.mov(SP, DATA_PAGE).iret())
                .codeAt(MORE, Asm::end);
    }

    private static void longModeReturns(List<SmallGuest> guests) {
        long iret = CODE + 5;
        guests.add(iretq("3A 7.14.3", "IRETQ to ring 3", USER_DATA, STACK3, 0x3002, USER_CODE64, MORE)
                .endsBehind(MORE)
                .selector(CS, USER_CODE64)
                .selector(SS, USER_DATA)
                .gives(SP, STACK3)
                .build());
        guests.add(iretq(
                        "3A 7.14.3",
                        "IRETQ within ring 0 pops SS:RSP, and SS may be null",
                        0,
                        STACK1,
                        0x3002,
                        CODE64,
                        MORE)
                .endsBehind(MORE)
                .selector(SS, 0)
                .gives(SP, STACK1)
                .build());
        guests.add(iretq("3A 7.14.3", "IRETQ to ring 3 with a null SS: #GP(0)", 0, STACK3, 0x3002, USER_CODE64, MORE)
                .fault(GP, 0, iret)
                .build());
        guests.add(iretq(
                        "3A 7.14.3",
                        "IRETQ to compatibility mode",
                        USER_DATA,
                        0x1_0000_0000L + STACK3,
                        0x3002,
                        USER_CODE32,
                        MORE)
                .codeAt(MORE, 32, a -> a.mov(BX, 0x1234).end())
                .gives(BX, 0x1234)
                .gives(SP, STACK3)
                .selector(CS, USER_CODE32)
                .build());
        guests.add(iretq(
                        "2A IRET",
                        "IRETQ to an address that is not canonical: #GP(0) in ring 0",
                        USER_DATA,
                        STACK3,
                        0x3002,
                        USER_CODE64,
                        0x8000_0000_0000L)
                .fault(GP, 0, iret)
                .selector(CS, CODE64)
                .build());
        guests.add(iretq("2A IRET", "IRETQ with NT: #GP(0)", USER_DATA, STACK3, 0x3002, USER_CODE64, MORE)
                .flags(0x4000)
                .fault(GP, 0, iret)
                .build());
        guests.add(iretq(
                        "2A IRET",
                        "IRETQ to an inner privilege of CS: #GP with the code",
                        DATA,
                        STACK3,
                        0x3002,
                        CODE64,
                        MORE)
                .user()
                .fault(GP, CODE64, iret)
                .build());
        guests.add(iretq("3A 7.14.3", "IRETQ to ring 3 ignores VM", USER_DATA, STACK3, 0x2_3002, USER_CODE64, MORE)
                .endsBehind(MORE)
                .flags(0x2_0000, 0)
                .build());
        guests.add(guest("2B RET", "RETFQ to ring 3 in 64-bit mode")
                .long64()
                .flags(IOPL3)
                .code(a -> a.pushImmediate(USER_DATA)
                        .pushImmediate(STACK3)
                        .pushImmediate(USER_CODE64)
                        .pushImmediate(MORE)
                        .retFar())
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .selector(CS, USER_CODE64)
                .gives(SP, STACK3)
                .build());
        guests.add(guest("2B RET", "a near RET to an address that is not canonical: #GP(0) at the RET")
                .long64()
                .code(a -> a.hex("48b8 0000000000800000").push(AX).hex("c3"))
                .fault(GP, 0, CODE + 11)
                .gives(SP, STACK - 16 - 48)
                .build());
    }
}
