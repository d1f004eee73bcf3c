package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CS;
import static dev.backplane.testkit.guest.Asm.ES;
import static dev.backplane.testkit.guest.Asm.SP;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Hardware task switches of the legacy modes (Intel SDM 3A, chapter 9). */
public final class TaskGuests {
    private static final int DB = 1;
    private static final int UD = 6;
    private static final int TS = 10;
    private static final int NP = 11;
    private static final int STACK_FAULT = 12;
    private static final int GP = 13;
    private static final int FAR_BYTES = 7;
    private static final int TR = 7;
    private static final int LDTR = 6;
    private static final long TYPE = GDT + 5;

    private TaskGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        switches(guests);
        refusals(guests);
        faultsOfTheNewTask(guests);
        smallTasks(guests);
        spaces(guests);
        return guests;
    }

    private static GuestBuilder task(String section, String name) {
        return guest(section, name).protected32().secondTask(MORE).codeAt(MORE, Asm::end);
    }

    private static void switches(List<SmallGuest> guests) {
        guests.add(task("3A 9.3", "JMP to a TSS saves the old task and loads the new one")
                .register(BX, 0x1234)
                .put32(TSS2 + 0x34, 0x5678)
                .code(a -> a.jmpFar(TASK2, 0xdead))
                .endsBehind(MORE)
                .gives(BX, 0x5678)
                .gives(SP, STACK1)
                .selector(TR, TASK2)
                .memory(TSS + 0x20, 4, CODE + FAR_BYTES)
                .memory(TSS + 0x34, 4, 0x1234)
                .memory(TSS + 0x38, 4, STACK)
                .memory(TSS + 0x4c, 2, CODE32)
                .memory(TYPE + TASK, 1, 0x89)
                .memory(TYPE + TASK2, 1, 0x8b)
                .memory(TSS2, 2, 0)
                .expect("CR0.TS", end -> end.state().cr0() & 8, 8)
                .flags(0x4000, 0)
                .build());
        guests.add(task("3A 9.4", "CALL to a TSS links the tasks, sets NT and leaves both busy")
                .code(a -> a.callFar(TASK2, 0))
                .flags(0x4000, 0x4000)
                .memory(TSS2, 2, TASK)
                .memory(TYPE + TASK, 1, 0x8b)
                .memory(TYPE + TASK2, 1, 0x8b)
                .build());
        guests.add(task("3A 9.4", "IRET with NT goes back to the linked task")
                .register(BX, 0x77)
                .code(a -> a.callFar(TASK2, 0).end())
                .codeAt(MORE, a -> a.mov(BX, 0x99).iret())
                .endsBehind(CODE + FAR_BYTES)
                .gives(BX, 0x77)
                .selector(TR, TASK)
                .memory(TYPE + TASK, 1, 0x8b)
                .memory(TYPE + TASK2, 1, 0x89)
                .memory(TSS2 + 0x24, 4, 0x4000, 0)
                .memory(TSS2 + 0x34, 4, 0x99)
                .flags(0x4000, 0)
                .build());
        guests.add(task("3A 9.3", "a task gate leads to its TSS, whatever the TSS's DPL")
                .user()
                .descriptor(FREE, gate(TASK2, 0, 0xe5, 0))
                .code(a -> a.callFar(FREE | 3, 0))
                .endsBehind(MORE)
                .selector(CS, CODE32)
                .memory(TSS + 0x50, 2, USER_DATA)
                .build());
        guests.add(task("3A 7.12.2", "INT through a task gate saves the address behind it")
                .gate(0x40, gate(TASK2, 0, 0x85, 0))
                .code(a -> a.interrupt(0x40))
                .endsBehind(MORE)
                .memory(TSS + 0x20, 4, CODE + 2)
                .gives(SP, STACK1)
                .flags(0x4000, 0x4000)
                .build());
        guests.add(task("3A 7.12.2", "an exception through a task gate pushes its error code on the new stack")
                .taskGate(GP)
                .code(a -> a.segment(ES, 0xf0))
                .endsBehind(MORE)
                .memory(TSS + 0x20, 4, CODE + 5)
                .memory(TSS + 0x24, 4, 0x1_0000, 0x1_0000)
                .memory(STACK1 - 4, 4, 0xf0)
                .gives(SP, STACK1 - 4)
                .build());
        guests.add(task("3A 9.2.1", "a task of ring 3 gets the privilege of its CS, and its I/O map")
                .put32(TSS2 + 0x4c, USER_CODE32)
                .put32(TSS2 + 0x48, USER_DATA)
                .put32(TSS2 + 0x50, USER_DATA)
                .put32(TSS2 + 0x54, USER_DATA)
                .put32(TSS2 + 0x58, 0)
                .put32(TSS2 + 0x5c, 0)
                .code(a -> a.jmpFar(TASK2, 0))
                .endsBehind(MORE)
                .selector(CS, USER_CODE32)
                .build());
        guests.add(task("3A 9.3", "the new task's LDT is loaded before its segments")
                .descriptor(FREE, segment(LDT, 0xf, 0x82, 0))
                .put64(LDT + 8, FLAT_DATA)
                .put32(TSS2 + 0x60, FREE)
                .put32(TSS2 + 0x48, 0xc)
                .code(a -> a.jmpFar(TASK2, 0))
                .endsBehind(MORE)
                .selector(ES, 0xc)
                .selector(LDTR, FREE)
                .build());
        guests.add(task("3B 19.3.1.5", "T in the TSS: #DB with DR6.BT before the new task's first instruction")
                .put16(TSS2 + 0x64, 1)
                .code(a -> a.jmpFar(TASK2, 0))
                .fault(DB, MORE)
                .dr6(0xe00f, 0x8000)
                .build());
        guests.add(task("3B 19.2.4", "a task switch clears the local breakpoints and keeps the global ones")
                .debug(0, DATA_PAGE)
                .debug(1, DATA_PAGE + 8)
                .debug(7, 0xf0f09)
                .debug(7, 0x409)
                .code(a -> a.jmpFar(TASK2, 0))
                .endsBehind(MORE)
                .expect("DR7", end -> end.state().debug()[5], 0x408)
                .build());
        guests.add(task("3B 22.2.5", "a task with VM set runs in virtual-8086 mode")
                .put32(TSS2 + 0x24, 0x2_3002)
                .put32(TSS2 + 0x4c, MORE >> 4)
                .put32(TSS2 + 0x20, 0)
                .put32(TSS2 + 0x54, DATA_PAGE >> 4)
                .put16(DATA_PAGE + 8, 0x4321)
                .codeAt(MORE, 16, a -> a.load(AX, 8).end())
                .code(a -> a.jmpFar(TASK2, 0))
                .expect("AX", end -> end.register(AX) & 0xffff, 0x4321)
                .flags(0x2_0000, 0x2_0000)
                .build());
    }

    private static GuestBuilder refused(String name, long descriptor) {
        return guest("3A 9.3", name)
                .protected32()
                .secondTask(MORE)
                .descriptor(TASK2, descriptor)
                .code(a -> a.jmpFar(TASK2, 0))
                .memory(TYPE + TASK, 1, 0x8b)
                .selector(TR, TASK);
    }

    private static void refusals(List<SmallGuest> guests) {
        guests.add(refused("a busy TSS: #GP", segment(TSS2, 0x67, 0x8b, 0))
                .fault(GP, TASK2, CODE)
                .build());
        guests.add(refused("a TSS that is not present: #NP", segment(TSS2, 0x67, 0x09, 0))
                .fault(NP, TASK2, CODE)
                .build());
        guests.add(refused("a TSS of 103 bytes: #TS", segment(TSS2, 0x66, 0x89, 0))
                .fault(TS, TASK2, CODE)
                .build());
        guests.add(guest("3A 9.3", "a TSS of DPL 0 from ring 3: #GP")
                .protected32()
                .secondTask(MORE)
                .user()
                .code(a -> a.jmpFar(TASK2, 0))
                .fault(GP, TASK2, CODE)
                .build());
        guests.add(task("3A 9.3", "a task gate to something else: #GP with that")
                .descriptor(FREE, gate(DATA, 0, 0x85, 0))
                .code(a -> a.jmpFar(FREE, 0))
                .fault(GP, DATA, CODE)
                .build());
        guests.add(task("3A 9.3", "a task gate that is not present: #NP with the gate")
                .descriptor(FREE, gate(TASK2, 0, 0x05, 0))
                .code(a -> a.jmpFar(FREE, 0))
                .fault(NP, FREE, CODE)
                .build());
        guests.add(task("3A 9.3", "a task gate to a local TSS: #GP")
                .descriptor(FREE, gate(TASK2 | 4, 0, 0x85, 0))
                .code(a -> a.jmpFar(FREE, 0))
                .fault(GP, TASK2 | 4, CODE)
                .build());
        guests.add(task("3A 9.4", "IRET with NT to a task that is not busy: #TS")
                .flags(0x4000)
                .put16(TSS, TASK2)
                .code(a -> a.iret())
                .fault(TS, TASK2, CODE)
                .build());
        guests.add(task("3A 9.3", "a TSS on a page that is not there: #PF in the old task")
                .paging32()
                .secondTask(MORE)
                .put32(PT32 + 4 * 0x30, 0)
                .descriptor(TASK2, segment(0x3_0000, 0x67, 0x89, 0))
                .code(a -> a.jmpFar(TASK2, 0))
                .pageFault(0, CODE, 0x3_0000)
                .selector(TR, TASK)
                .memory(TYPE + TASK2, 1, 0x89)
                .build());
    }

    private static void faultsOfTheNewTask(List<SmallGuest> guests) {
        guests.add(task("3A 9.3", "a bad data segment: #TS in the new task, at its first instruction")
                .put32(TSS2 + 0x48, 0xf0)
                .code(a -> a.jmpFar(TASK2, 0))
                .fault(TS, 0xf0, MORE)
                .selector(TR, TASK2)
                .memory(TYPE + TASK, 1, 0x89)
                .memory(TYPE + TASK2, 1, 0x8b)
                .memory(TSS + 0x20, 4, CODE + FAR_BYTES)
                .build());
        guests.add(task("3A 9.3", "a data segment that is not present: #NP in the new task")
                .put32(TSS2 + 0x54, FREE)
                .descriptor(FREE, segment(0, 0xfffff, 0x12, 0xc))
                .code(a -> a.callFar(TASK2, 0))
                .fault(NP, FREE, MORE)
                .selector(TR, TASK2)
                .build());
        guests.add(task("3A 9.3", "the same by IRET: the frame is the new task's")
                .descriptor(TASK2, segment(TSS2, 0x67, 0x8b, 0))
                .flags(0x4000)
                .put16(TSS, TASK2)
                .put32(TSS2 + 0x54, 0xf0)
                .code(a -> a.nop().iret())
                .fault(TS, 0xf0, MORE)
                .selector(TR, TASK2)
                .build());
        guests.add(task("3A 9.3", "an EIP beyond the new task's code: #GP(0) in the new task")
                .put32(TSS2 + 0x4c, FREE)
                .descriptor(FREE, segment(0, 0xfff, 0x9a, 4))
                .code(a -> a.jmpFar(TASK2, 0))
                .fault(GP, 0, MORE)
                .selector(TR, TASK2)
                .build());
        guests.add(task("3A 9.3", "a bad LDT: #TS in the new task, before any segment; its handler is a third task")
                .put32(TSS2 + 0x60, DATA)
                .gate(TS, gate(FREE, 0, 0x85, 0))
                .descriptor(FREE, segment(TSS3, 0x67, 0x89, 0))
                .put32(TSS3 + 0x20, MORE + 0x100)
                .put32(TSS3 + 0x38, STACK1 - 0x80)
                .put32(TSS3 + 0x48, DATA)
                .put32(TSS3 + 0x4c, CODE32)
                .put32(TSS3 + 0x50, DATA)
                .put32(TSS3 + 0x54, DATA)
                .codeAt(MORE + 0x100, Asm::end)
                .code(a -> a.jmpFar(TASK2, 0))
                .endsBehind(MORE + 0x100)
                .memory(STACK1 - 0x84, 4, DATA)
                .memory(TSS3, 2, TASK2)
                .memory(TSS2 + 0x20, 4, MORE)
                .build());
        guests.add(task("3A 9.3", "a stack that is not present: #SS in the new task; its handler is a third task")
                .put32(TSS2 + 0x50, FREE + 8)
                .descriptor(FREE + 8, segment(0, 0xfffff, 0x12, 0xc))
                .gate(STACK_FAULT, gate(FREE, 0, 0x85, 0))
                .descriptor(FREE, segment(TSS3, 0x67, 0x89, 0))
                .put32(TSS3 + 0x20, MORE + 0x100)
                .put32(TSS3 + 0x38, STACK1 - 0x80)
                .put32(TSS3 + 0x48, DATA)
                .put32(TSS3 + 0x4c, CODE32)
                .put32(TSS3 + 0x50, DATA)
                .put32(TSS3 + 0x54, DATA)
                .codeAt(MORE + 0x100, Asm::end)
                .code(a -> a.jmpFar(TASK2, 0))
                .endsBehind(MORE + 0x100)
                .memory(STACK1 - 0x84, 4, FREE + 8)
                .build());
        guests.add(task("3A 9.3", "a first instruction that is undefined: #UD with the new task's address")
                .codeAt(MORE, Asm::ud2)
                .code(a -> a.jmpFar(TASK2, 0))
                .fault(UD, MORE)
                .build());
    }

    private static final long TSS3 = 0x3500;

    private static void smallTasks(List<SmallGuest> guests) {
        guests.add(guest("3A 9.6", "JMP to a 16-bit TSS and back by IRET")
                .protected32()
                .descriptor(TASK2, segment(TSS2, 0x2b, 0x81, 0))
                .put16(TSS2 + 0x0e, MORE)
                .put16(TSS2 + 0x10, 2)
                .put16(TSS2 + 0x1a, STACK1)
                .put16(TSS2 + 0x22, DATA)
                .put16(TSS2 + 0x24, CODE32)
                .put16(TSS2 + 0x26, DATA16)
                .put16(TSS2 + 0x28, DATA)
                .codeAt(MORE, a -> a.mov(BX, 0x1234_5678L).iret())
                .code(a -> a.callFar(TASK2, 0).end())
                .endsBehind(CODE + FAR_BYTES)
                .memory(TSS2, 2, TASK)
                .memory(TSS2 + 0x18, 2, 0x5678)
                .memory(TSS2 + 0x0e, 2, MORE + 6)
                .gives(BX, 0)
                .build());
        guests.add(guest("3A 9.6", "inner stacks come from the 16-bit TSS")
                .protected32()
                .user()
                .task(FREE, TSS2, 0x2b, 0x83)
                .put16(TSS2 + 2, STACK1)
                .put16(TSS2 + 4, DATA)
                .code(Asm::ud2)
                .fault(UD, CODE)
                .gives(SP, STACK1 - 20)
                .build());
        guests.add(guest("1 19.5.2", "a 16-bit TSS has no I/O map: #GP(0)")
                .protected32()
                .user()
                .task(FREE, TSS2, 0x2b, 0x83)
                .put16(TSS2 + 2, STACK1)
                .put16(TSS2 + 4, DATA)
                .code(a -> a.in(0x80))
                .fault(GP, 0, CODE)
                .build());
    }

    private static void spaces(List<SmallGuest> guests) {
        guests.add(guest("3A 9.5", "a task switch loads CR3")
                .paging32()
                .secondTask(MORE)
                .put32(TSS2 + 0x1c, TABLES + 0x8000)
                .put32(TABLES + 0x8000, PT32 | 7)
                .put32(TABLES + 0x8004, PT32 | 7)
                .put32(DATA_PAGE, 0x1234)
                .codeAt(MORE, a -> a.load(BX, 0x40_0000 + DATA_PAGE).end())
                .code(a -> a.jmpFar(TASK2, 0))
                .gives(BX, 0x1234)
                .build());
        guests.add(guest("3A 9.3", "a task switch under PAE loads the page-directory pointers")
                .pae()
                .secondTask(MORE)
                .put32(TSS2 + 0x1c, POINTERS + 0x20)
                .put64(POINTERS + 0x20, PD | 1)
                .put64(POINTERS + 0x28, PD | 1)
                .put32(DATA_PAGE, 0x1234)
                .codeAt(MORE, a -> a.load(BX, 0x4000_0000 + DATA_PAGE).end())
                .code(a -> a.jmpFar(TASK2, 0))
                .gives(BX, 0x1234)
                .build());
    }
}
