package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DI;
import static dev.backplane.testkit.guest.Asm.SI;
import static dev.backplane.testkit.guest.Asm.SP;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** Page tables of every kind, rights, and what the processor writes into them (Intel SDM 3A, chapter 5). */
public final class PagingGuests {
    private static final int GP = 13;
    private static final long NX = 1L << 63;
    private static final int SMEP = 1 << 20;
    private static final int SMAP = 1 << 21;
    private static final int PSE = 1 << 4;
    private static final int AC = 1 << 18;
    private static final int WRITE_PROTECT = 1 << 16;
    // Bits of the error code.
    private static final int P = 1;
    private static final int W = 2;
    private static final int U = 4;
    private static final int RSVD = 8;
    private static final int I = 16;
    // Entries: present, writable, user.
    private static final int RO = 1;
    private static final int RW = 3;
    private static final int USER_RO = 5;
    private static final int USER_RW = 7;
    private static final int ACCESSED = 0x20;
    private static final int DIRTY = 0x40;
    private static final long PAGE = 0xd000;
    private static final long HIGH = 0x40_0000L;

    private PagingGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        rights(guests);
        execution(guests);
        supervisorAccess(guests);
        reserved(guests);
        accessedAndDirty(guests);
        thirtyTwoBit(guests);
        pae(guests);
        fiveLevels(guests);
        restarts(guests);
        return guests;
    }

    private static GuestBuilder read(String section, String name, long entry) {
        return guest(section, name)
                .long64()
                .page(PAGE, entry)
                .code(a -> a.load(BX, PAGE).end());
    }

    private static GuestBuilder write(String section, String name, long entry) {
        return guest(section, name)
                .long64()
                .page(PAGE, entry)
                .code(a -> a.store(PAGE, BX).end());
    }

    private static void rights(List<SmallGuest> guests) {
        guests.add(read("3A 5.7", "a read of a page that is not there", 0)
                .pageFault(0, CODE, PAGE)
                .build());
        guests.add(write("3A 5.7", "a write to a page that is not there", 0)
                .pageFault(W, CODE, PAGE)
                .build());
        guests.add(read("3A 5.7", "a user's read of a page that is not there", 0)
                .user()
                .pageFault(U, CODE, PAGE)
                .build());
        guests.add(read("3A 5.6.1", "a user's read of a supervisor page", PAGE | RW)
                .user()
                .pageFault(P | U, CODE, PAGE)
                .build());
        guests.add(write("3A 5.6.1", "a user's write to a read-only page", PAGE | USER_RO)
                .user()
                .pageFault(P | W | U, CODE, PAGE)
                .build());
        guests.add(write("3A 5.6.1", "a supervisor's write to a read-only page with CR0.WP", PAGE | RO)
                .pageFault(P | W, CODE, PAGE)
                .build());
        guests.add(guest("3A 5.6.1", "a supervisor's write to a read-only page without CR0.WP")
                .long64()
                .page(PAGE, PAGE | USER_RO)
                .code(a -> a.cr(0, 0x8000_0031L).mov(BX, 0x77).store(PAGE, BX).end())
                .memory(PAGE, 8, 0x77)
                .build());
        guests.add(guest("3A 5.6.1", "CR0.WP set again makes the page read-only again")
                .long64()
                .page(PAGE, PAGE | USER_RO)
                .code(a -> a.cr(0, 0x8000_0031L)
                        .store(PAGE, BX)
                        .cr(0, 0x8001_0031L)
                        .label("write")
                        .store(PAGE, BX))
                .pageFault(P | W, CODE + 8 + 8 + 8, PAGE)
                .build());
        guests.add(guest("3A 5.6", "a read-only directory entry makes its pages read-only")
                .long64()
                .put64(PD + 16, PT | USER_RO)
                .code(a -> a.store(HIGH + PAGE, BX))
                .pageFault(P | W, CODE, HIGH + PAGE)
                .build());
        guests.add(read("3A 5.6", "a supervisor entry in the top table makes all below supervisor's", PAGE | USER_RW)
                .user()
                .put64(PDPT, PD | RW)
                .pageFault(P | U | I, CODE, CODE)
                .expect("the fetch bit needs NXE or SMEP", end -> end.frame(0) & I, I)
                .build());
        guests.add(guest("3A 5.6.1", "descriptor tables are read with supervisor rights at CPL 3")
                .long64()
                .user()
                .page(GDT, GDT | RW)
                .code(a -> a.segment(Asm.ES, USER_DATA).mov(BX, 1).ud2())
                .fault(6, CODE + 12)
                .gives(BX, 1)
                .build());
    }

    private static void execution(List<SmallGuest> guests) {
        guests.add(guest("3A 5.6.1", "a fetch from a page with NX")
                .long64()
                .page(MORE, MORE | RW | NX)
                .code(a -> a.mov(AX, MORE).hex("ffe0"))
                .pageFault(P | I, MORE, MORE)
                .build());
        guests.add(guest("3A 5.6.1", "NX in a directory entry holds for all below")
                .long64()
                .put64(PD + 8, 0x20_0087L | NX)
                .code(a -> a.mov(AX, 0x20_0000).hex("ffe0"))
                .pageFault(P | I, 0x20_0000, 0x20_0000)
                .build());
        guests.add(guest("3A 5.5.4", "NX without EFER.NXE is a reserved bit")
                .long64()
                .msr(EFER, 0x501)
                .page(PAGE, PAGE | RW | NX)
                .code(a -> a.load(BX, PAGE))
                .pageFault(P | RSVD, CODE, PAGE)
                .build());
        guests.add(guest("3A 5.7", "without NXE and SMEP the error code does not tell a fetch")
                .long64()
                .msr(EFER, 0x501)
                .page(MORE, 0)
                .code(a -> a.mov(AX, MORE).hex("ffe0"))
                .pageFault(0, MORE, MORE)
                .build());
        guests.add(guest("3A 5.6.1", "SMEP: a supervisor's fetch from a user page")
                .long64()
                .cr4(SMEP)
                .page(CODE, CODE | RW)
                .page(HANDLERS, HANDLERS | RW)
                .page(MORE, MORE | USER_RW)
                .code(a -> a.mov(AX, MORE).hex("ffe0"))
                .pageFault(P | I, MORE, MORE)
                .build());
        guests.add(guest("3A 5.6.1", "SMEP does not concern a user's fetch")
                .long64()
                .cr4(SMEP)
                .user()
                .page(HANDLERS, HANDLERS | RW)
                .code(Asm::ud2)
                .fault(6, CODE)
                .build());
        guests.add(guest("3A 5.7", "an instruction across two pages: CR2 is the second page's first byte")
                .long64()
                .page(0xb000, 0)
                .codeAt(0xaffd, a -> a.mov(BX, 0x1234))
                .code(a -> a.mov(AX, 0xaffd).hex("ffe0"))
                .pageFault(I, 0xaffd, 0xb000)
                .build());
    }

    private static void supervisorAccess(List<SmallGuest> guests) {
        guests.add(
                smap("a supervisor's read of a user page", a -> a.load(BX, PAGE).end())
                        .pageFault(P, CODE, PAGE)
                        .build());
        guests.add(smap(
                        "a supervisor's write to a user page",
                        a -> a.store(PAGE, BX).end())
                .pageFault(P | W, CODE, PAGE)
                .build());
        guests.add(smap("EFLAGS.AC lifts it", a -> a.load(BX, PAGE).end())
                .flags(AC)
                .flags(AC, AC)
                .build());
        guests.add(smap(
                        "STAC lifts it and CLAC sets it again",
                        a -> a.hex("0f01cb").load(BX, PAGE).hex("0f01ca").load(BX, PAGE))
                .pageFault(P, CODE + 3 + 8 + 3, PAGE)
                .build());
        guests.add(smap("AC does not lift it for the processor's own accesses", a -> a.ud2())
                .flags(AC)
                .page(IDT, IDT | USER_RW)
                .page(GDT, GDT | USER_RW)
                .shutsDown()
                .build());
        guests.add(smap("STAC at CPL 3 is #UD", a -> a.hex("0f01cb"))
                .user()
                .page(CODE, CODE | USER_RW)
                .page(0x7000, 0x7000 | USER_RW)
                .fault(6, CODE)
                .build());
    }

    private static GuestBuilder smap(String name, java.util.function.Consumer<Asm> code) {
        GuestBuilder builder =
                guest("3A 5.6.1", "SMAP: " + name).long64().cr4(SMAP).page(PAGE, PAGE | USER_RW);
        for (long page : new long[] {GDT, IDT, TSS, HANDLERS, 0x5000, 0x6000, CODE}) {
            builder.page(page, page | RW);
        }
        return builder.code(code);
    }

    private static void reserved(List<SmallGuest> guests) {
        guests.add(read("3A 5.5.4", "an address bit above MAXPHYADDR in a page's entry", 1L << 46 | PAGE | RW)
                .pageFault(P | RSVD, CODE, PAGE)
                .build());
        guests.add(read("3A 5.5.4", "bits 52 to 58 of an entry are for software", 0x7fL << 52 | PAGE | RW)
                .gives(BX, 0)
                .build());
        guests.add(guest("3A 5.5.4", "PS in the top table")
                .long64()
                .put64(PML4 + 8, PDPT | 0x87)
                .code(a -> a.hex("48b8 0000000080000000 8a18"))
                .pageFault(P | RSVD, CODE + 10, 0x80_0000_0000L)
                .build());
        guests.add(guest("3A 5.5.4", "a 2 MiB page that is not aligned")
                .long64()
                .put64(PD + 8, 0x20_2087)
                .code(a -> a.load(BX, 0x20_0000))
                .pageFault(P | RSVD, CODE, 0x20_0000)
                .build());
        guests.add(guest("3A 5.5.4", "a 1 GiB page")
                .long64()
                .put64(PDPT + 8, 0x87)
                .put64(DATA_PAGE, 0x1234)
                .code(a -> a.load(BX, 0x4000_0000 + DATA_PAGE).end())
                .gives(BX, 0x1234)
                .build());
        guests.add(guest("3A 5.5.4", "a 1 GiB page that is not aligned")
                .long64()
                .put64(PDPT + 8, 0x20_0087)
                .code(a -> a.load(BX, 0x4000_0000))
                .pageFault(P | RSVD, CODE, 0x4000_0000)
                .build());
        guests.add(guest("3A 5.7", "reserved bits are told also of a user's write")
                .long64()
                .user()
                .page(PAGE, 1L << 50 | PAGE | USER_RW)
                .code(a -> a.store(PAGE, BX))
                .pageFault(P | W | U | RSVD, CODE, PAGE)
                .build());
    }

    private static void accessedAndDirty(List<SmallGuest> guests) {
        long entry = PT + PAGE / 4096 * 8;
        guests.add(read("3A 5.8", "a read sets A on the whole way and D nowhere", PAGE | RW)
                .memory(entry, 8, PAGE | RW | ACCESSED)
                .memory(PD, 8, PT | USER_RW | ACCESSED)
                .memory(PDPT, 8, PD | USER_RW | ACCESSED)
                .memory(PML4, 8, PDPT | USER_RW | ACCESSED)
                .build());
        guests.add(write("3A 5.8", "a write sets D in the page's entry", PAGE | RW)
                .memory(entry, 8, PAGE | RW | ACCESSED | DIRTY)
                .memory(PD, 8, DIRTY, 0)
                .build());
        guests.add(guest("3A 5.8", "a write after a read sets D")
                .long64()
                .code(a -> a.load(BX, PAGE).store(PAGE, BX).end())
                .memory(entry, 8, PAGE | USER_RW | ACCESSED | DIRTY)
                .build());
        guests.add(guest("3A 5.8", "D that software cleared is set again after INVLPG")
                .long64()
                .code(a -> a.store(PAGE, BX)
                        .storeByte(entry, USER_RW)
                        .invlpg(PAGE)
                        .store(PAGE, BX)
                        .end())
                .memory(entry, 8, PAGE | USER_RW | ACCESSED | DIRTY)
                .build());
        guests.add(write("3A 5.8", "a write that faults sets no D", PAGE | RO)
                .pageFault(P | W, CODE, PAGE)
                .memory(entry, 8, DIRTY, 0)
                .build());
        guests.add(guest("3A 5.8", "a write sets D of a 2 MiB page")
                .long64()
                .code(a -> a.store(0x20_0000, BX).end())
                .memory(PD + 8, 8, 0x20_0087 | ACCESSED | DIRTY)
                .build());
    }

    private static void thirtyTwoBit(List<SmallGuest> guests) {
        guests.add(guest("3A 5.3", "32-bit paging: rights and error code")
                .paging32()
                .user()
                .page32(PAGE, PAGE | USER_RO)
                .code(a -> a.store(PAGE, BX))
                .pageFault(P | W | U, CODE, PAGE)
                .build());
        guests.add(guest("3A 5.3", "32-bit paging: a 4 MiB page with CR4.PSE")
                .paging32()
                .cr4(PSE)
                .put32(PD32 + 4, 0x87)
                .put32(DATA_PAGE, 0x1234)
                .code(a -> a.load(BX, HIGH + DATA_PAGE).end())
                .gives(BX, 0x1234)
                .memory(PD32 + 4, 4, 0x87 | ACCESSED)
                .build());
        guests.add(guest("3A 5.3", "32-bit paging: without CR4.PSE bit 7 is ignored")
                .paging32()
                .put32(PD32 + 4, PT32 | 0x87)
                .put32(DATA_PAGE, 0x1234)
                .code(a -> a.load(BX, HIGH + DATA_PAGE).end())
                .gives(BX, 0x1234)
                .build());
        guests.add(guest("3A 5.3", "PSE-36: bits 13 to 20 are the address above 4 GiB, where no memory is")
                .paging32()
                .cr4(PSE)
                .put32(PD32 + 4, 0x2087)
                .code(a -> a.load(BX, HIGH).end())
                .gives(BX, 0xffff_ffffL)
                .build());
        guests.add(guest("3A 5.3", "PSE-36: bit 21 is reserved")
                .paging32()
                .cr4(PSE)
                .put32(PD32 + 4, 0x20_0087)
                .code(a -> a.load(BX, HIGH))
                .pageFault(P | RSVD, CODE, HIGH)
                .build());
        guests.add(guest("3A 5.8", "32-bit paging: A and D")
                .paging32()
                .code(a -> a.store(PAGE, BX).end())
                .memory(PT32 + PAGE / 4096 * 4, 4, PAGE | USER_RW | ACCESSED | DIRTY)
                .memory(PD32, 4, PT32 | USER_RW | ACCESSED)
                .build());
        guests.add(guest("3A 5.6.1", "32-bit paging: SMEP, and the error code tells a fetch")
                .paging32()
                .cr4(SMEP)
                .page32(CODE, CODE | RW)
                .page32(HANDLERS, HANDLERS | RW)
                .code(a -> a.mov(AX, MORE).hex("ffe0"))
                .pageFault(P | I, MORE, MORE)
                .build());
        guests.add(guest("3A 5.1.1", "paging is switched on under the code that runs")
                .protected32()
                .put32(PD32, 0x83)
                .put32(PD32 + 4, 0x83)
                .put32(DATA_PAGE, 0x1234)
                .code(a -> a.cr(4, PSE)
                        .cr(3, PD32)
                        .cr(0, 0x8000_0031L)
                        .load(BX, HIGH + DATA_PAGE)
                        .end())
                .gives(BX, 0x1234)
                .build());
    }

    private static void pae(List<SmallGuest> guests) {
        guests.add(guest("3A 5.4.2", "PAE: rights and NX")
                .pae()
                .page(MORE, MORE | RW | NX)
                .code(a -> a.mov(AX, MORE).hex("ffe0"))
                .pageFault(P | I, MORE, MORE)
                .build());
        guests.add(guest("3A 5.4.2", "PAE: bits 52 to 62 are reserved")
                .pae()
                .page(PAGE, 1L << 52 | PAGE | RW)
                .code(a -> a.load(BX, PAGE))
                .pageFault(P | RSVD, CODE, PAGE)
                .build());
        guests.add(guest("3A 5.4.2", "PAE: a 2 MiB page without CR4.PSE")
                .pae()
                .put64(PD + 16, 0x87)
                .put32(DATA_PAGE, 0x1234)
                .code(a -> a.load(BX, HIGH + DATA_PAGE).end())
                .gives(BX, 0x1234)
                .build());
        guests.add(guest("3A 5.4.1", "PAE: the four pointers are loaded with CR3 and not read again")
                .pae()
                .put64(POINTERS + 8, PD | 1)
                .put32(DATA_PAGE, 0x1234)
                .code(a -> a.cr(3, POINTERS)
                        .mov(AX, 0)
                        .store(POINTERS + 8, AX)
                        .invlpg(0x4000_0000 + DATA_PAGE)
                        .load(BX, 0x4000_0000 + DATA_PAGE)
                        .end())
                .gives(BX, 0x1234)
                .build());
        guests.add(guest("3A 5.4.1", "PAE: MOV to CR3 of pointers with reserved bits: #GP(0), CR3 stays")
                .pae()
                .put64(POINTERS + 0x20, PD | 3)
                .code(a -> a.cr(3, POINTERS + 0x20))
                .fault(GP, 0, CODE + 5)
                .expect("CR3", end -> end.state().cr3(), POINTERS)
                .build());
        guests.add(guest("3A 5.4.1", "PAE: a pointer that is not present may hold anything")
                .pae()
                .put64(POINTERS + 0x20, PD | 1)
                .put64(POINTERS + 0x28, -2)
                .code(a -> a.cr(3, POINTERS + 0x20).end())
                .expect("CR3", end -> end.state().cr3(), POINTERS + 0x20)
                .build());
        guests.add(guest("3A 5.4.1", "PAE: an address under a pointer that is not present")
                .pae()
                .code(a -> a.load(BX, 0x8000_0000L))
                .pageFault(0, CODE, 0x8000_0000L)
                .build());
        guests.add(guest("3A 5.4.1", "PAE: a change of CR4.PGE loads the pointers again: #GP(0)")
                .pae()
                .code(a -> a.mov(AX, PD | 3).store(POINTERS, AX).cr(4, 0xa0))
                .fault(GP, 0, CODE + 5 + 6 + 5)
                .expect("CR4", end -> end.state().cr4(), 0x20)
                .build());
    }

    private static void fiveLevels(List<SmallGuest> guests) {
        guests.add(guest("3A 5.5", "5-level paging translates through all of its tables")
                .long64With5Levels()
                .put64(PML5 + 8, PML4 | 7)
                .put64(DATA_PAGE, 0x1234)
                .code(a -> a.hex("48b8 00c0000000000100 488b18").end())
                .gives(BX, 0x1234)
                .memory(PML5 + 8, 8, PML4 | 7 | ACCESSED)
                .build());
        guests.add(guest("3A 5.5.4", "5-level paging: PS in the top table")
                .long64With5Levels()
                .put64(PML5 + 8, PML4 | 0x87)
                .code(a -> a.hex("48b8 0000000000000100 488b18"))
                .pageFault(P | RSVD, CODE + 10, 1L << 48)
                .build());
        guests.add(guest("3A 3.3.7.1", "5-level paging: bit 56 and those above it have to be alike: #GP(0)")
                .long64With5Levels()
                .code(a -> a.hex("48b8 0000000000000001 488b18"))
                .fault(GP, 0, CODE + 10)
                .build());
        guests.add(guest("3A 3.3.7.1", "without CR4.LA57 bit 48 is not canonical: #GP(0)")
                .model("max")
                .long64()
                .code(a -> a.hex("48b8 0000000000000100 488b18"))
                .fault(GP, 0, CODE + 10)
                .build());
        guests.add(guest("3A 2.5", "CR4.LA57 cannot change in long mode: #GP(0)")
                .model("max")
                .long64()
                .code(a -> a.cr(4, 0x1020))
                .fault(GP, 0, CODE + 5)
                .build());
        guests.add(guest("3A 2.5", "CR4.LA57 on a model without it: #GP(0)")
                .protected32()
                .code(a -> a.cr(4, 0x1020))
                .fault(GP, 0, CODE + 5)
                .build());
        guests.add(guest("2B WRMSR", "bases may be wide on a model with 5-level paging, on or not")
                .model("max")
                .long64()
                .code(a -> a.wrmsr(0xc000_0101, 1L << 50).end())
                .expect("GS base", end -> end.state().segments().get(Asm.GS).base(), 1L << 50)
                .build());
    }

    private static void restarts(List<SmallGuest> guests) {
        guests.add(guest("3A 7.6", "a PUSH that faults has not moved the stack pointer")
                .long64()
                .gate64(14, gate(CODE64, HANDLERS + 14 * 16, 0x8e, 1), 0)
                .page(PAGE, 0)
                .register(SP, PAGE + 0x1000)
                .code(a -> a.push(BX))
                .pageFault(W, CODE, PAGE + 0xff8)
                .frame(4, PAGE + 0x1000)
                .build());
        guests.add(guest("3A 7.6", "a POP to memory that faults has not moved the stack pointer")
                .long64()
                .page(PAGE, 0)
                .code(a -> a.hex("8f0425 00d00000"))
                .pageFault(W, CODE, PAGE)
                .frame(4, STACK)
                .build());
        guests.add(guest("3A 7.6", "a CALL to a page that is not there has pushed its return address")
                .long64()
                .page(MORE, 0)
                .code(a -> a.mov(AX, MORE).hex("ffd0"))
                .pageFault(I, MORE, MORE)
                .memory(STACK - 8, 8, CODE + 7)
                .frame(4, STACK - 8)
                .build());
        guests.add(guest("3A 7.6", "a REP MOVSB stops at the page that is not there, and says where")
                .long64()
                .page(PAGE, 0)
                .code(a -> a.mov(SI, CODE).mov(DI, PAGE - 16).mov(CX, 64).hex("f3a4"))
                .pageFault(W, CODE + 15, PAGE)
                .gives(CX, 48)
                .gives(SI, CODE + 16)
                .gives(DI, PAGE)
                .build());
        guests.add(guest("3A 7.6", "a store across pages writes nothing if the second is not there")
                .long64()
                .page(PAGE, 0)
                .register(BX, -1)
                .code(a -> a.store(PAGE - 4, BX))
                .pageFault(W, CODE, PAGE)
                .memory(PAGE - 4, 4, 0)
                .build());
        guests.add(guest("3A 7.6", "XCHG with memory that cannot be written leaves its register")
                .long64()
                .page(PAGE, PAGE | RO)
                .register(BX, 0x55)
                .code(a -> a.hex("48871c25 00d00000"))
                .pageFault(P | W, CODE, PAGE)
                .gives(BX, 0x55)
                .build());
        guests.add(guest("2A CMPXCHG", "CMPXCHG that would not write faults as a write")
                .long64()
                .page(PAGE, PAGE | RO)
                .put64(PAGE, 1)
                .code(a -> a.hex("480fb11c25 00d00000"))
                .pageFault(P | W, CODE, PAGE)
                .gives(AX, 0)
                .build());
        guests.add(guest("2A ENTER", "ENTER whose frame is not there changes nothing")
                .protected32()
                .paging32()
                .page32(PAGE, 0)
                .taskGate(14)
                .register(SP, PAGE + 0x1004)
                .register(Asm.BP, 0x77)
                .code(a -> a.hex("c8 200000"))
                .endsBehind(MORE)
                .memory(TSS + 0x38, 4, PAGE + 0x1004)
                .memory(TSS + 0x3c, 4, 0x77)
                .memory(TSS + 0x20, 4, CODE)
                .build());
        guests.add(guest("3A 7.6", "PUSHA over a page that is not there writes nothing")
                .paging32()
                .page32(PAGE, 0)
                .taskGate(14)
                .register(SP, PAGE + 0x1010)
                .register(AX, -1)
                .code(a -> a.hex("60"))
                .endsBehind(MORE)
                .memory(TSS + 0x38, 4, PAGE + 0x1010)
                .memory(PAGE + 0x100c, 4, 0)
                .build());
    }
}
