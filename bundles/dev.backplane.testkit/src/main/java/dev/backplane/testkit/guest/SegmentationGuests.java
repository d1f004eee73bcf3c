package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DS;
import static dev.backplane.testkit.guest.Asm.ES;
import static dev.backplane.testkit.guest.Asm.FS;
import static dev.backplane.testkit.guest.Asm.SS;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Segment registers, descriptors and what they allow (Intel SDM 3A, 3.4, 6.3 to 6.7, 6.10). */
public final class SegmentationGuests {
    private static final int NULL = 0;
    private static final int GP = 13;
    private static final int NP = 11;
    private static final int STACK_FAULT = 12;
    /** MOV AX, imm32 of 32-bit code. */
    private static final int MOV_BYTES = 5;

    private SegmentationGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        loads(guests);
        limits(guests);
        types(guests);
        stack(guests);
        code(guests);
        queries(guests);
        longMode(guests);
        return guests;
    }

    private static GuestBuilder load(String section, String name, long descriptor, int selector) {
        return guest(section, name)
                .protected32()
                .descriptor(FREE, descriptor)
                .code(a -> a.segment(DS, selector).end());
    }

    private static void loads(List<SmallGuest> guests) {
        guests.add(load("3A 3.4.5.1", "a data segment load sets the accessed bit", segment(0, 0xfff, 0x92, 4), FREE)
                .memory(GDT + FREE + 5, 1, 0x93)
                .selector(DS, FREE)
                .build());
        guests.add(load("3A 3.4.5", "DS takes a segment that is not present: #NP", segment(0, 0xfff, 0x12, 4), FREE)
                .fault(NP, FREE, CODE + MOV_BYTES)
                .build());
        guests.add(load("3A 6.4", "DS takes execute-only code: #GP", segment(0, 0xfff, 0x98, 4), FREE)
                .fault(GP, FREE, CODE + MOV_BYTES)
                .build());
        guests.add(load("3A 6.4", "DS takes readable code", segment(0, 0xfff, 0x9a, 4), FREE)
                .selector(DS, FREE)
                .build());
        guests.add(load("3A 6.4", "DS takes a system segment: #GP", segment(0, 0xfff, 0x82, 0), FREE)
                .fault(GP, FREE, CODE + MOV_BYTES)
                .build());
        guests.add(load("3A 6.6", "RPL 3 weakens a load of a DPL 0 segment: #GP", segment(0, 0xfff, 0x92, 4), FREE | 3)
                .fault(GP, FREE, CODE + MOV_BYTES)
                .build());
        guests.add(load("3A 6.6", "conforming code may be read at any privilege", segment(0, 0xfff, 0x9e, 4), FREE | 3)
                .selector(DS, FREE | 3)
                .build());
        guests.add(load("3A 3.5.1", "a selector beyond the table: #GP with the selector", 0, 0xf8)
                .fault(GP, 0xf8, CODE + MOV_BYTES)
                .build());
        guests.add(load("3A 3.5.1", "a selector into a null LDT: #GP", 0, 0x0c)
                .fault(GP, 0x0c, CODE + MOV_BYTES)
                .build());
        guests.add(guest("3A 3.5.1", "a local descriptor is found by LDTR")
                .protected32()
                .put64(LDT + 8, segment(0x100, 0xffff, 0x92, 4))
                .descriptor(FREE, segment(LDT, 0xf, 0x82, 0))
                .put32(0xd100, 0x1234)
                .code(a -> a.lldt(FREE).segment(FS, 0x0c).hex("64 a1 00d00000").end())
                .gives(0x1234)
                .selector(FS, 0x0c)
                .build());
        guests.add(guest("3A 6.6", "ring 3 takes a DPL 0 data segment: #GP")
                .protected32()
                .user()
                .code(a -> a.segment(ES, DATA))
                .fault(GP, DATA, CODE + MOV_BYTES)
                .build());
        guests.add(guest("3A 3.4.2", "a null selector is loaded, and faults when used: #GP(0)")
                .protected32()
                .code(a -> a.segment(ES, 3).hex("26 a1 00d00000"))
                .fault(GP, 0, CODE + MOV_BYTES + 2)
                .selector(ES, 3)
                .build());
        guests.add(guest("2B POP", "a POP of a bad segment leaves the stack pointer as it was")
                .protected32()
                .descriptor(FREE, segment(0, 0xfff, 0x12, 4))
                .code(a -> a.pushImmediate(FREE).hex("1f"))
                .fault(NP, FREE, CODE + 5)
                .gives(Asm.SP, STACK - 4 - 16)
                .build());
        guests.add(guest("2A LDS/LES", "a far pointer to a bad segment leaves the register as it was")
                .protected32()
                .register(BX, 0x77)
                .descriptor(FREE, segment(0, 0xfff, 0x12, 4))
                .put32(DATA_PAGE, 0x1111)
                .put16(DATA_PAGE + 4, FREE)
                .code(a -> a.hex("c4 1d 00c00000"))
                .fault(NP, FREE, CODE)
                .gives(BX, 0x77)
                .build());
        guests.add(guest("2B MOV", "MOV to CS is #UD")
                .protected32()
                .code(a -> a.hex("8e c8"))
                .fault(6, CODE)
                .build());
        guests.add(guest("3A 3.4.3", "real mode keeps the limit of a segment that protected mode loaded")
                .protected32()
                .put32(0x1_8000, 0xbeef)
                .code(a -> a.segment(DS, DATA).jmpFar(CODE16, MORE))
                .codeAt(MORE, 16, a -> a.hex("0f20c0 24fe 0f22c0").jmpFar(0, MORE + 0x80))
                .codeAt(
                        MORE + 0x80,
                        16,
                        a -> a.segment(DS, 0x10).hex("67 66 a1 00800100").end())
                .put32(0x1_8100, 0xbeef)
                .gives(0xbeef)
                .build());
    }

    private static GuestBuilder access(String name, long descriptor, String bytes) {
        return guest("3A 6.3", name)
                .protected32()
                .descriptor(FREE, descriptor)
                .code(a -> a.segment(FS, FREE).hex(bytes).end());
    }

    private static void limits(List<SmallGuest> guests) {
        long access = CODE + MOV_BYTES + 2;
        guests.add(access("the last doubleword of a segment", segment(DATA_PAGE, 0xff, 0x92, 4), "64 a1 fc000000")
                .gives(0)
                .build());
        guests.add(access("a doubleword across the limit: #GP", segment(DATA_PAGE, 0xff, 0x92, 4), "64 a1 fd000000")
                .fault(GP, 0, access)
                .build());
        guests.add(access("a byte behind a limit in pages: #GP", segment(DATA_PAGE, 0, 0x92, 0xc), "64 a0 00100000")
                .fault(GP, 0, access)
                .build());
        guests.add(access(
                        "expand-down: offsets up to the limit are forbidden",
                        segment(0, 0xff, 0x96, 4),
                        "64 a0 ff000000")
                .fault(GP, 0, access)
                .build());
        guests.add(
                access("expand-down: the first offset behind the limit", segment(0, 0xbfff, 0x96, 4), "64 a0 00c00000")
                        .gives(AX, FREE & ~0xff)
                        .build());
        guests.add(access("expand-down of 16 bits ends at 64 KiB", segment(0, 0xff, 0x96, 0), "64 a1 fdff0000")
                .fault(GP, 0, access)
                .build());
        guests.add(access("expand-down of 32 bits goes on behind 64 KiB", segment(0, 0xff, 0x96, 4), "64 a0 00000100")
                .gives(AX, FREE & ~0xff | 7)
                .put32(0x1_0000, 7)
                .build());
    }

    private static void types(List<SmallGuest> guests) {
        long access = CODE + MOV_BYTES + 2;
        guests.add(access("a write to a read-only segment: #GP", segment(0, 0xffff, 0x90, 4), "64 a3 00c00000")
                .fault(GP, 0, access)
                .build());
        guests.add(guest("3A 6.4", "a write to the code segment: #GP")
                .protected32()
                .code(a -> a.hex("2e a3 00c00000"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 6.4", "a read of an execute-only code segment: #GP")
                .protected32()
                .descriptor(FREE, segment(0, 0xfffff, 0x98, 0xc))
                .code(a -> a.jmpFar(FREE, MORE))
                .codeAt(MORE, a -> a.hex("2e a1 00c00000"))
                .fault(GP, 0, MORE)
                .build());
    }

    private static GuestBuilder stackLoad(String name, long descriptor, int selector) {
        return guest("3A 6.7", name)
                .protected32()
                .descriptor(FREE, descriptor)
                .code(a -> a.segment(SS, selector).end());
    }

    private static void stack(List<SmallGuest> guests) {
        long load = CODE + MOV_BYTES;
        guests.add(stackLoad("SS takes a null selector: #GP(0)", 0, NULL)
                .fault(GP, 0, load)
                .build());
        guests.add(stackLoad("SS takes read-only data: #GP", segment(0, 0xfffff, 0x90, 0xc), FREE)
                .fault(GP, FREE, load)
                .build());
        guests.add(stackLoad("SS takes another DPL: #GP", segment(0, 0xfffff, 0xf2, 0xc), FREE)
                .fault(GP, FREE, load)
                .build());
        guests.add(stackLoad("SS takes another RPL: #GP", segment(0, 0xfffff, 0x92, 0xc), FREE | 1)
                .fault(GP, FREE, load)
                .build());
        guests.add(stackLoad("SS takes a segment that is not present: #SS", segment(0, 0xfffff, 0x12, 0xc), FREE)
                .fault(STACK_FAULT, FREE, load)
                .build());
        guests.add(guest("3A 3.4.5", "a 16-bit stack wraps and keeps the upper half of ESP")
                .protected32()
                .register(Asm.SP, 0x1234_0000L)
                .code(a ->
                        a.segment(SS, DATA16).push(BX).movRegister(AX, Asm.SP).end())
                .gives(0x1234_fffcL)
                .build());
        guests.add(guest("3A 6.3", "a push below an expand-down stack: #SS(0), and by a task gate that is seen")
                .protected32()
                .descriptor(FREE, segment(0, 0x6bff, 0x96, 4))
                .put32(TSS2 + 0x20, MORE)
                .code(a -> a.segment(SS, FREE).push(AX))
                .gate(STACK_FAULT, gate(FREE + 8, 0, 0x85, 0))
                .descriptor(FREE + 8, segment(TSS2, 0x67, 0x89, 0))
                .put32(TSS2 + 0x38, STACK1)
                .put32(TSS2 + 0x48, DATA)
                .put32(TSS2 + 0x4c, CODE32)
                .put32(TSS2 + 0x50, DATA)
                .put32(TSS2 + 0x54, DATA)
                .codeAt(MORE, a -> a.end())
                .endsBehind(MORE)
                .gives(Asm.SP, STACK1 - 4)
                .memory(STACK1 - 4, 4, 0)
                .memory(TSS + 0x20, 4, CODE + MOV_BYTES + 2)
                .build());
    }

    private static void code(List<SmallGuest> guests) {
        guests.add(guest("3A 6.3", "an instruction across the limit of CS: #GP(0) at the instruction")
                .protected32()
                .descriptor(FREE, segment(MORE, 0x11, 0x9a, 4))
                .codeAt(MORE + 0x10, a -> a.mov(AX, 5))
                .code(a -> a.jmpFar(FREE, 0x10))
                .fault(GP, 0, 0x10)
                .build());
        guests.add(guest("3A 6.3", "code runs into the limit of CS: #GP(0) behind the last instruction")
                .protected32()
                .descriptor(FREE, segment(MORE, 0x12, 0x9a, 4))
                .codeAt(MORE + 0x10, a -> a.nop().nop().nop().nop().end())
                .code(a -> a.jmpFar(FREE, 0x10))
                .fault(GP, 0, 0x13)
                .build());
        guests.add(guest("3A 6.3", "code that ran in a large segment faults at the limit of a small one")
                .protected32()
                .descriptor(FREE, segment(MORE, 0x2, 0x9a, 4))
                .descriptor(FREE + 8, segment(MORE, 0xfffff, 0x9a, 0xc))
                .codeAt(MORE, a -> a.nop().nop().nop().jmpFar(CODE32, CODE + 0x100))
                .code(a -> a.jmpFar(FREE + 8, 0))
                .codeAt(
                        CODE + 0x100,
                        a -> a.hex("ff05 00c00000 833d 00c00000 03")
                                .jcc(4, "small")
                                .jmpFar(FREE + 8, 0)
                                .label("small")
                                .jmpFar(FREE, 0))
                .fault(GP, 0, 3)
                .memory(DATA_PAGE, 4, 3)
                .build());
        guests.add(guest("3A 6.3", "a near jump beyond the limit of CS: #GP(0) at the jump")
                .protected32()
                .descriptor(FREE, segment(MORE, 0x100, 0x9a, 4))
                .codeAt(MORE, a -> a.hex("e9 00100000"))
                .code(a -> a.jmpFar(FREE, 0))
                .fault(GP, 0, 0)
                .build());
        guests.add(guest("3B 22.1.1", "real mode does not wrap at 64 KiB: #GP behind the segment's end")
                .real()
                .segmentRegister(1, 0x100, 0x1000, 0xffff, 0x9b)
                .rip(0xfffe)
                .put32(0x1_0ffe, 0x9090_9090)
                .vector(GP)
                .frame(0, 0)
                .frame(1, 0x100)
                .build());
    }

    private static GuestBuilder query(String section, String name, long descriptor) {
        return guest(section, name).protected32().descriptor(FREE, descriptor).register(BX, 0x55);
    }

    private static void queries(List<SmallGuest> guests) {
        guests.add(
                query("3A 6.10.1", "LAR gives type, DPL, P, AVL, L, D and G", segment(0x12345678, 0x9abcd, 0xf3, 0xd))
                        .code(a -> a.lar(FREE).end())
                        .expect("BX", end -> end.register(BX) & 0xf0ff00, 0xd0f300)
                        .flags(0x40, 0x40)
                        .build());
        guests.add(query("3A 6.10.1", "LAR of a descriptor above RPL clears ZF and leaves the register", FLAT_DATA)
                .code(a -> a.lar(FREE | 3).end())
                .gives(BX, 0x55)
                .flags(0x40, 0)
                .build());
        guests.add(query("3A 6.10.3", "LSL scales by the granularity", segment(0, 0x12, 0x92, 0xc))
                .code(a -> a.lsl(FREE).end())
                .gives(BX, 0x12fff)
                .build());
        guests.add(query("3A 6.10.3", "LSL of a call gate clears ZF", gate(CODE32, 0, 0x8c, 0))
                .code(a -> a.lsl(FREE).end())
                .gives(BX, 0x55)
                .flags(0x40, 0)
                .build());
        guests.add(query("3A 6.10.1", "LAR of a call gate", gate(CODE32, 0, 0xec, 0))
                .code(a -> a.lar(FREE).end())
                .expect("BX", end -> end.register(BX) & 0xff00, 0xec00)
                .build());
        guests.add(query("3A 6.10.2", "VERW refuses a segment that is not writable", segment(0, 0xfff, 0x90, 4))
                .code(a -> a.verw(FREE).end())
                .flags(0x40, 0)
                .build());
        guests.add(query("3A 6.10.2", "VERR accepts a segment that is not present", segment(0, 0xfff, 0x12, 4))
                .code(a -> a.verr(FREE).end())
                .flags(0x40, 0x40)
                .build());
        guests.add(query("3A 6.10.4", "ARPL raises the RPL", 0)
                .register(CX, 3)
                .code(a -> a.mov(BX, 0x48).hex("63 cb").end())
                .gives(BX, 0x4b)
                .flags(0x40, 0x40)
                .build());
        guests.add(guest("2A LAR", "LAR in real mode is #UD")
                .real()
                .code(a -> a.hex("0f02d8"))
                .fault(6, CODE)
                .build());
    }

    private static void longMode(List<SmallGuest> guests) {
        guests.add(guest("3A 3.4.4", "64-bit mode ignores limits and null selectors of DS")
                .long64()
                .put64(DATA_PAGE, 0x1234_5678_9abcL)
                .code(a -> a.segment(DS, NULL).load(BX, DATA_PAGE).end())
                .gives(BX, 0x1234_5678_9abcL)
                .build());
        guests.add(guest("3A 3.4.4", "64-bit mode adds the 64-bit base of FS")
                .long64()
                .put64(DATA_PAGE, 0x1234)
                .code(a -> a.wrmsr(0xc000_0100, DATA_PAGE - 8)
                        .hex("64 48 8b1c25 08000000")
                        .end())
                .gives(BX, 0x1234)
                .build());
        guests.add(guest("2B MOV", "64-bit mode: SS takes a null selector at CPL 0")
                .long64()
                .code(a -> a.segment(SS, NULL).end())
                .selector(SS, 0)
                .build());
        guests.add(guest("2B MOV", "64-bit mode: SS takes a null selector of another RPL: #GP(0)")
                .long64()
                .code(a -> a.segment(SS, 1))
                .fault(GP, 0, CODE + 5)
                .build());
        guests.add(guest("2B MOV", "64-bit mode: SS takes a null selector at CPL 3: #GP(0)")
                .long64()
                .user()
                .code(a -> a.segment(SS, 3))
                .fault(GP, 0, CODE + 5)
                .build());
        guests.add(guest("3A 3.3.7.1", "an access to an address that is not canonical: #GP(0)")
                .long64()
                .register(BX, 0x8000_0000_0000L)
                .code(a -> a.hex("8a03"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("3A 3.3.7.1", "a push to an address that is not canonical: #SS(0), on IST1")
                .long64()
                .gate64(STACK_FAULT, gate(CODE64, HANDLERS + 16 * STACK_FAULT, 0x8e, 1), 0)
                .register(Asm.SP, 0x8000_0000_0008L)
                .code(a -> a.push(AX))
                .fault(STACK_FAULT, 0, CODE)
                .gives(Asm.SP, IST1 - 48)
                .build());
        guests.add(guest("3A 3.4.5", "compatibility mode checks limits")
                .compatibility()
                .descriptor(FREE, segment(0, 0xff, 0x92, 4))
                .code(a -> a.segment(ES, FREE).hex("26 a1 fd000000"))
                .fault(GP, 0, CODE + MOV_BYTES + 2)
                .build());
    }
}
