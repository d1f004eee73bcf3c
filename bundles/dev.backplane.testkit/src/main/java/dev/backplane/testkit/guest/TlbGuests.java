package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DX;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/**
 * What has to be forgotten when: INVLPG, INVPCID, CR3, CR4 and process-context identifiers (Intel SDM 3A, 5.10). A guest that
 * is allowed to see an old translation as well as a new one proves nothing, so each of these says only what must be.
 */
public final class TlbGuests {
    private static final int UD = 6;
    private static final int GP = 13;
    private static final int PGE = 1 << 7;
    private static final int PCIDE = 1 << 17;
    private static final long PAGE = 0xd000;
    private static final long ENTRY = PT + PAGE / 4096 * 8;
    private static final long OTHER = 0xe000;
    private static final int GLOBAL = 0x100;
    /** A second set of tables, in which {@link #PAGE} is another page. */
    private static final long PML4_2 = TABLES + 0x8000;

    private static final long PDPT_2 = TABLES + 0x9000;
    private static final long PD_2 = TABLES + 0xa000;
    private static final long PT_2 = TABLES + 0xb000;
    private static final long NO_FLUSH = 1L << 63;
    private static final long DESCRIPTOR = DATA_PAGE;

    private TlbGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        pages(guests);
        spaces(guests);
        contexts(guests);
        invalidations(guests);
        refusals(guests);
        return guests;
    }

    /** {@link #PAGE} holds 1, {@link #OTHER} 2. */
    private static GuestBuilder two(String section, String name) {
        return guest(section, name).long64().put64(PAGE, 1).put64(OTHER, 2);
    }

    /** The same with a second address space, where the page is the other one. */
    private static GuestBuilder spaces(String section, String name, int global) {
        GuestBuilder builder = two(section, name);
        for (int n = 0; n < 512; n++) {
            builder.put64(PT_2 + 8L * n, (long) n << 12 | 7);
        }
        return builder.put64(PT_2 + PAGE / 4096 * 8, OTHER | 7)
                .put64(PD_2, PT_2 | 7)
                .put64(PDPT_2, PD_2 | 7)
                .put64(PML4_2, PDPT_2 | 7)
                .page(PAGE, PAGE | 7 | global);
    }

    /** Exchanges the page's entry by the other page. */
    private static Asm remap(Asm a) {
        return a.mov(AX, OTHER | 7).store(ENTRY, AX);
    }

    private static void pages(List<SmallGuest> guests) {
        guests.add(two("3A 5.10.4.1", "INVLPG forgets a page")
                .code(a -> remap(a.load(BX, PAGE))
                        .invlpg(PAGE + 0x123)
                        .load(CX, PAGE)
                        .end())
                .gives(BX, 1)
                .gives(CX, 2)
                .build());
        guests.add(two("3A 5.10.4.1", "INVLPG forgets a global page")
                .cr4(PGE)
                .page(PAGE, PAGE | 7 | GLOBAL)
                .code(a -> remap(a.load(BX, PAGE)).invlpg(PAGE).load(CX, PAGE).end())
                .gives(BX, 1)
                .gives(CX, 2)
                .build());
        guests.add(two("3A 5.10.4.1", "INVLPG of any of its addresses forgets a 2 MiB page")
                .code(a -> a.load(BX, 0x20_0000 + PAGE)
                        .mov(AX, 0x87)
                        .store(PD + 8, AX)
                        .invlpg(0x3f_0000)
                        .load(CX, 0x20_0000 + PAGE)
                        .end())
                .gives(CX, 1)
                .build());
        guests.add(two("3A 5.10.4.1", "MOV to CR3 forgets what is not global")
                .code(a -> remap(a.load(BX, PAGE)).cr(3, PML4).load(CX, PAGE).end())
                .gives(CX, 2)
                .build());
        guests.add(two("3A 5.10.4.1", "a change of CR4.PGE forgets global pages")
                .cr4(PGE)
                .page(PAGE, PAGE | 7 | GLOBAL)
                .code(a -> remap(a.load(BX, PAGE)).cr(4, 0x20).load(CX, PAGE).end())
                .gives(CX, 2)
                .build());
        guests.add(two("3A 5.10.4.3", "a page that was not there is not remembered")
                .page(PAGE, 0)
                .handler(14, 64, a -> a.hex("4883c408").mov(AX, PAGE | 7).hex("eb 05"))
                .codeAt(HANDLERS + 14 * 16 + 16, a -> a.store(ENTRY, AX).iret())
                .code(a -> a.load(BX, PAGE).end())
                .gives(BX, 1)
                .build());
        guests.add(two("3A 5.10.4.3", "more rights need no INVLPG after the fault that asks for them")
                .page(PAGE, PAGE | 5)
                .handler(14, 64, a -> a.hex("4883c408").mov(AX, PAGE | 7).hex("eb 05"))
                .codeAt(HANDLERS + 14 * 16 + 16, a -> a.store(ENTRY, AX).iret())
                .code(a -> a.load(BX, PAGE).mov(CX, 9).store(PAGE, CX).end())
                .memory(PAGE, 8, 9)
                .build());
        guests.add(guest("2A INVLPG", "INVLPG in ring 3: #GP(0)")
                .long64()
                .user()
                .code(a -> a.invlpg(PAGE))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2A INVLPG", "INVLPG of an address that is not canonical does nothing")
                .long64()
                .register(BX, 0x8000_0000_0000L)
                .code(a -> a.hex("0f013b").end())
                .endsBehind(CODE + 3)
                .build());
        guests.add(guest("2A INVLPG", "INVLPG of a register is #UD")
                .long64()
                .code(a -> a.hex("0f01fb").nop())
                .fault(UD, CODE)
                .build());
    }

    private static void spaces(List<SmallGuest> guests) {
        guests.add(spaces("3A 5.10.4.1", "another CR3 is another address space", 0)
                .code(a -> a.load(BX, PAGE)
                        .cr(3, PML4_2)
                        .load(CX, PAGE)
                        .cr(3, PML4)
                        .load(DX, PAGE)
                        .end())
                .gives(BX, 1)
                .gives(CX, 2)
                .gives(DX, 1)
                .build());
    }

    private static void contexts(List<SmallGuest> guests) {
        guests.add(spaces("3A 5.10.1", "two contexts do not see each other's pages, with and without a flush", 0)
                .cr4(PCIDE)
                .code(a -> a.load(BX, PAGE)
                        .cr(3, PML4_2 | 1)
                        .load(CX, PAGE)
                        .cr(3, NO_FLUSH | PML4)
                        .load(DX, PAGE)
                        .cr(3, NO_FLUSH | PML4_2 | 1)
                        .load(Asm.SI, PAGE)
                        .movFromCr(Asm.DI, 3)
                        .end())
                .gives(BX, 1)
                .gives(CX, 2)
                .gives(DX, 1)
                .gives(Asm.SI, 2)
                .gives(Asm.DI, PML4_2 | 1)
                .build());
        guests.add(spaces("3A 5.10.4.1", "MOV to CR3 without bit 63 forgets the context that it names", 0)
                .cr4(PCIDE)
                .code(a -> remap(a.load(BX, PAGE).cr(3, PML4_2 | 1))
                        .cr(3, PML4)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(spaces("3A 5.10.4.1", "many contexts, each with its own tables for one PCID after the other", 0)
                .cr4(PCIDE)
                .code(a -> {
                    for (int pcid = 1; pcid < 20; pcid++) {
                        a.cr(3, (pcid % 2 == 0 ? PML4 : PML4_2) | pcid)
                                .hex("48031c25")
                                .hex("00d00000");
                    }
                    for (int pcid = 1; pcid < 20; pcid++) {
                        a.cr(3, NO_FLUSH | (pcid % 2 == 0 ? PML4 : PML4_2) | pcid)
                                .hex("48031c25")
                                .hex("00d00000");
                    }
                    a.end();
                })
                .gives(BX, 2 * (10 * 2 + 9))
                .build());
        guests.add(spaces("3A 5.10.4.1", "INVLPG forgets a global page in every context", GLOBAL)
                .cr4(PCIDE | PGE)
                .put64(PT_2 + PAGE / 4096 * 8, PAGE | 7 | GLOBAL)
                .code(a -> remap(a.load(BX, PAGE).cr(3, PML4_2 | 1).load(BX, PAGE))
                        .invlpg(PAGE)
                        .cr(3, NO_FLUSH | PML4)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(spaces("3A 5.10.4.1", "a change of CR4.PGE forgets every context", 0)
                .cr4(PCIDE)
                .code(a -> remap(a.load(BX, PAGE).cr(3, PML4_2 | 1))
                        .cr(4, PCIDE | PGE | 0x20)
                        .cr(3, NO_FLUSH | PML4)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(spaces("3A 5.10.4.1", "CR4.PCIDE switched off forgets every context", 0)
                .cr4(PCIDE)
                .code(a -> remap(a.load(BX, PAGE)).cr(4, 0x20).load(CX, PAGE).end())
                .gives(CX, 2)
                .build());
    }

    private static GuestBuilder invpcid(String name, int type, long pcid, long address) {
        return spaces("2A INVPCID", name, 0)
                .cr4(PCIDE)
                .put64(DESCRIPTOR, pcid)
                .put64(DESCRIPTOR + 8, address)
                .register(Asm.SI, type);
    }

    private static void invalidations(List<SmallGuest> guests) {
        guests.add(invpcid("type 0 forgets an address of another context", 0, 0, PAGE)
                .code(a -> remap(a.load(BX, PAGE).cr(3, PML4_2 | 1))
                        .invpcid(Asm.SI, DESCRIPTOR)
                        .cr(3, NO_FLUSH | PML4)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(invpcid("type 1 forgets another context", 1, 0, 0)
                .code(a -> remap(a.load(BX, PAGE).cr(3, PML4_2 | 1))
                        .invpcid(Asm.SI, DESCRIPTOR)
                        .cr(3, NO_FLUSH | PML4)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(invpcid("type 2 forgets all contexts and global pages", 2, 0, 0)
                .cr4(PGE)
                .page(PAGE, PAGE | 7 | GLOBAL)
                .code(a -> remap(a.load(BX, PAGE))
                        .invpcid(Asm.SI, DESCRIPTOR)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(invpcid("type 3 forgets all contexts but for global pages", 3, 0, 0)
                .code(a -> remap(a.load(BX, PAGE).cr(3, PML4_2 | 1))
                        .invpcid(Asm.SI, DESCRIPTOR)
                        .cr(3, NO_FLUSH | PML4)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
        guests.add(invpcid("type 0 of the current context", 0, 0, PAGE)
                .code(a -> remap(a.load(BX, PAGE))
                        .invpcid(Asm.SI, DESCRIPTOR)
                        .load(CX, PAGE)
                        .end())
                .gives(CX, 2)
                .build());
    }

    private static void refusals(List<SmallGuest> guests) {
        guests.add(invpcid("type 4: #GP(0)", 4, 0, 0)
                .code(a -> a.invpcid(Asm.SI, DESCRIPTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(invpcid("reserved bits of the descriptor: #GP(0)", 3, 0x1000, 0)
                .code(a -> a.invpcid(Asm.SI, DESCRIPTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(invpcid("type 0 of an address that is not canonical: #GP(0)", 0, 0, 0x8000_0000_0000L)
                .code(a -> a.invpcid(Asm.SI, DESCRIPTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(two("2A INVPCID", "type 1 of a context without CR4.PCIDE: #GP(0)")
                .put64(DESCRIPTOR, 1)
                .register(Asm.SI, 1)
                .code(a -> a.invpcid(Asm.SI, DESCRIPTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(invpcid("in ring 3: #GP(0)", 2, 0, 0)
                .user()
                .code(a -> a.invpcid(Asm.SI, DESCRIPTOR))
                .fault(GP, 0, CODE)
                .build());
        guests.add(invpcid("a descriptor on a page that is not there: #PF", 2, 0, 0)
                .page(PAGE, 0)
                .code(a -> a.invpcid(Asm.SI, PAGE - 8))
                .pageFault(0, CODE, PAGE)
                .build());
    }
}
