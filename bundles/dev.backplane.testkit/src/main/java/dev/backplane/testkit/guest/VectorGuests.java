package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.AX;
import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DX;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** When AVX and BMI may be used, their state, and what of them can fault half-way (Intel SDM 1, chapters 13 and 14; 2, 2.3). */
public final class VectorGuests {
    private static final int UD = 6;
    private static final int NM = 7;
    private static final int GP = 13;
    private static final int OSXSAVE = 1 << 18;
    private static final String MODEL = "x86-64-v3";
    private static final long PAGE = 0xd000;
    private static final int XSETBV_BYTES = 3;

    private static final String XSETBV = "0f01d1 ";
    private static final String VPADDB_YMM0 = "c5fdfcc0 ";
    private static final String YMM1_ONES = "c5f576c9 ";
    /** VEXTRACTI128 xmm0, ymm1, 1; VMOVQ rbx, xmm0. */
    private static final String UPPER_OF_YMM1_TO_RBX = "c4e37d39c801 c4e1f97ec3 ";

    private static final String ANDN_RBX_RCX_RAX = "c4e2f0f2d8 ";

    private VectorGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        allowed(guests);
        encodings(guests);
        state(guests);
        faults(guests);
        return guests;
    }

    private static GuestBuilder vectors(String section, String name) {
        return guest(section, name).model(MODEL).long64().cr4(OSXSAVE | 0x600).register(AX, 7);
    }

    private static void allowed(List<SmallGuest> guests) {
        guests.add(guest("2 2.4", "AVX on a model without it: #UD")
                .long64()
                .cr4(0x600)
                .code(a -> a.hex(VPADDB_YMM0))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2 2.4", "AVX without CR4.OSXSAVE: #UD")
                .model(MODEL)
                .long64()
                .cr4(0x600)
                .code(a -> a.hex(VPADDB_YMM0))
                .fault(UD, CODE)
                .build());
        guests.add(vectors("2 2.4", "AVX without XCR0.AVX: #UD")
                .register(AX, 3)
                .code(a -> a.hex(XSETBV + VPADDB_YMM0))
                .fault(UD, CODE + XSETBV_BYTES)
                .build());
        guests.add(vectors("2 2.4", "AVX without XCR0.AVX and with CR0.TS: #UD")
                .cr0(8)
                .register(AX, 3)
                .code(a -> a.hex(XSETBV + VPADDB_YMM0))
                .fault(UD, CODE + XSETBV_BYTES)
                .build());
        guests.add(vectors("2 2.4", "AVX with CR0.TS: #NM")
                .cr0(8)
                .code(a -> a.hex(XSETBV + VPADDB_YMM0))
                .fault(NM, CODE + XSETBV_BYTES)
                .build());
        guests.add(vectors("2 2.4", "AVX once it is enabled, also in ring 0 after the code was met before")
                .handler(UD, 64, a -> a.hex(XSETBV).iret())
                .code(a -> a.hex(YMM1_ONES + UPPER_OF_YMM1_TO_RBX).end())
                .gives(BX, -1)
                .build());
        guests.add(guest("2 2.4", "AVX in real mode: #UD")
                .model(MODEL)
                .real()
                .code(a -> a.hex(VPADDB_YMM0))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2 2.4", "ANDN in real mode: #UD")
                .model(MODEL)
                .real()
                .code(a -> a.hex("c4e270f2d8"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2A ANDN", "ANDN needs no state to be enabled")
                .model(MODEL)
                .long64()
                .cr0(8)
                .register(CX, 0xf0)
                .register(AX, 0xff)
                .code(a -> a.hex(ANDN_RBX_RCX_RAX).end())
                .gives(BX, 0xf)
                .build());
        guests.add(guest("2A ANDN", "ANDN on a model without BMI1: #UD")
                .long64()
                .code(a -> a.hex(ANDN_RBX_RCX_RAX))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B TZCNT", "TZCNT's opcode on a model without BMI1 is BSF, and leaves its destination")
                .long64()
                .register(AX, 0)
                .register(BX, 5)
                .code(a -> a.hex("f3480fbcd8").end())
                .gives(BX, 5)
                .build());
        guests.add(guest("2B LZCNT", "LZCNT's opcode on a model without it is BSR")
                .long64()
                .register(AX, 0x100)
                .code(a -> a.hex("f3480fbdd8").end())
                .gives(BX, 8)
                .build());
        guests.add(guest("2B TZCNT", "TZCNT of zero is the operand's size")
                .model(MODEL)
                .long64()
                .register(AX, 0)
                .code(a -> a.hex("f3480fbcd8").end())
                .gives(BX, 64)
                .build());
        guests.add(guest("2A CPUID", "the third level has a component of 256 bytes at 576")
                .model(MODEL)
                .long64()
                .cr4(OSXSAVE)
                .code(a -> a.mov(AX, 0xd).mov(CX, 2).cpuid().end())
                .gives(AX, 256)
                .gives(BX, 576)
                .build());
        guests.add(vectors("2A CPUID", "the size of the enabled area follows XCR0")
                .code(a -> a.hex(XSETBV).mov(AX, 0xd).mov(CX, 0).cpuid().end())
                .gives(AX, 7)
                .gives(BX, 832)
                .gives(CX, 832)
                .build());
    }

    private static GuestBuilder refused(String name, String bytes) {
        return vectors("2 2.3", name + ": #UD").code(a -> a.hex(XSETBV + bytes)).fault(UD, CODE + XSETBV_BYTES);
    }

    private static void encodings(List<SmallGuest> guests) {
        guests.add(refused("VEX behind 66", "66" + VPADDB_YMM0).build());
        guests.add(refused("VEX behind F3", "f3" + VPADDB_YMM0).build());
        guests.add(refused("VEX behind F2", "f2" + VPADDB_YMM0).build());
        guests.add(refused("VEX behind LOCK", "f0" + VPADDB_YMM0).build());
        guests.add(refused("VEX behind REX", "48" + VPADDB_YMM0).build());
        guests.add(refused("VEX.vvvv that names nothing", "c5f56f0425 00d00000").build());
        guests.add(refused("a map that does not exist", "c4e4fdfcc0").build());
        guests.add(refused("VPERMQ of 128 bits", "c4e3f900c94e").build());
        guests.add(refused("VPERMQ with W = 0", "c4e37d00c94e").build());
        guests.add(refused("ANDN of 256 bits", "c4e2f4f2d8").build());
        guests.add(refused("a gather into its mask", "c4e265901ca5 00d00000").build());
        guests.add(refused("a gather without an index", "c4e2659028").build());
        guests.add(vectors("2 2.3.3", "VEX behind a segment and an address size")
                .code(a -> a.hex(XSETBV + "64 67" + YMM1_ONES + UPPER_OF_YMM1_TO_RBX)
                        .end())
                .gives(BX, -1)
                .build());
        guests.add(guest("2 2.3", "VEX in compatibility mode: W means nothing to general registers")
                .model(MODEL)
                .compatibility()
                .register(CX, 0xf0)
                .register(AX, 0xff)
                .code(a -> a.hex("c4e2f0f2d8").end())
                .gives(BX, 0xf)
                .build());
        guests.add(guest("2A LDS", "LDS is what C5 with a memory operand is outside of 64-bit mode")
                .model(MODEL)
                .compatibility()
                .put32(PAGE, 0x1234)
                .put32(PAGE + 4, DATA)
                .code(a -> a.hex("c51d 00d00000").end())
                .gives(BX, 0x1234)
                .build());
    }

    private static void state(List<SmallGuest> guests) {
        guests.add(vectors("1 14.5", "an instruction of 128 bits clears the upper half")
                .code(a -> a.hex(XSETBV + YMM1_ONES + "c5f1fcc9" + UPPER_OF_YMM1_TO_RBX)
                        .end())
                .gives(BX, 0)
                .build());
        guests.add(vectors("1 14.5", "an instruction of SSE leaves the upper half")
                .code(a -> a.hex(XSETBV + YMM1_ONES + "660fefc9" + UPPER_OF_YMM1_TO_RBX)
                        .end())
                .gives(BX, -1)
                .build());
        guests.add(vectors("2D VZEROUPPER", "VZEROUPPER")
                .code(a -> a.hex(XSETBV + YMM1_ONES + "c5f877" + UPPER_OF_YMM1_TO_RBX)
                        .end())
                .gives(BX, 0)
                .build());
        guests.add(vectors("2C XSAVE", "XSAVE and XRSTOR keep the upper halves")
                .code(a -> a.hex(XSETBV + YMM1_ONES + "0fae2425 00d00000 c5f1efc9 0fae2c25 00d00000")
                        .hex(UPPER_OF_YMM1_TO_RBX)
                        .load(CX, PAGE + 512)
                        .end())
                .gives(BX, -1)
                .expect("XSTATE_BV", end -> end.register(CX) & 6, 6)
                .build());
        guests.add(vectors("2C XSAVEOPT", "XSAVEOPT leaves a component out that is as at first")
                .put64(PAGE + 576, 77)
                .code(a -> a.hex(XSETBV + "c5fc77 0fae3425 00d00000")
                        .load(BX, PAGE + 576)
                        .load(CX, PAGE + 512)
                        .end())
                .gives(BX, 77)
                .expect("XSTATE_BV", end -> end.register(CX) & 4, 0)
                .build());
        guests.add(guest("2C XSETBV", "XCR0.AVX without XCR0.SSE: #GP(0)")
                .model(MODEL)
                .long64()
                .cr4(OSXSAVE | 0x600)
                .register(AX, 5)
                .code(a -> a.hex(XSETBV))
                .fault(GP, 0, CODE)
                .build());
    }

    private static void faults(List<SmallGuest> guests) {
        guests.add(vectors("2C VMOVDQA", "VMOVDQA of 32 bytes that are not aligned: #GP(0)")
                .code(a -> a.hex(XSETBV + "c5fd6f0425 10d00000"))
                .fault(GP, 0, CODE + XSETBV_BYTES)
                .build());
        guests.add(vectors("2 2.4", "other operands need not be aligned")
                .put64(PAGE + 0x11, 0x0102_0304_0506_0708L)
                .code(a -> a.hex(XSETBV + "c5fe6f0c25 11d00000 c4e1f97ecb").end())
                .gives(BX, 0x0102_0304_0506_0708L)
                .build());
        guests.add(vectors("2C VMOVDQU", "a store across the end of memory: nothing is stored")
                .page(0xe000, 0)
                .put64(PAGE + 0xff0, 5)
                .code(a -> a.hex(XSETBV + YMM1_ONES + "c5fe7f0c25 f0df0000"))
                .pageFault(2, CODE + XSETBV_BYTES + 4, 0xe000)
                .expect("memory", end -> end.memory(PAGE + 0xff0, 8), 5)
                .build());
        // The mask is that of the two lower doublewords.
        guests.add(vectors("2C VPMASKMOVD", "elements that are not chosen do not fault")
                .page(0xe000, 0)
                .put64(PAGE + 0xff8, 0x0102_0304_0506_0708L)
                .code(a -> a.hex(XSETBV + "c5e976d2 c5e973da08 c4e2698c0425 f8df0000 c4e1f97ec3")
                        .hex(YMM1_ONES + "c4e2698e0c25 f8df0000")
                        .load(CX, PAGE + 0xff8)
                        .end())
                .gives(BX, 0x0102_0304_0506_0708L)
                .gives(CX, -1)
                .build());
        // Indexes 0, 1, 0x400 (the next page), 2; the handler sees the mask of what is left.
        guests.add(vectors(
                        "2C VPGATHERDD", "a gather that faults keeps what it has, and goes on when the page is there")
                .page(0xe000, 0)
                .put32(PAGE + 4, 1)
                .put32(PAGE + 8, 0x400)
                .put32(PAGE + 12, 2)
                .handler(
                        14,
                        64,
                        a -> a.hex("c5fc50cb")
                                .push(CX)
                                .load(CX, PT + 8 * 0xd)
                                .store(PT + 8 * 0xe, CX)
                                .pop(CX)
                                .pop(AX)
                                .iret())
                .code(a -> a.hex(XSETBV + "c5e576db c5fa6f2425 00d00000 c4e265902ca5 00d00000")
                        .hex("c5fc50db c4e1f97eea c4e37916e803")
                        .end())
                .gives(CX, 0xfc)
                .gives(BX, 0)
                .gives(DX, 1L << 32)
                .gives(AX, 0x400)
                .build());
    }
}
