package dev.backplane.testkit.guest;

import static dev.backplane.testkit.guest.Asm.BX;
import static dev.backplane.testkit.guest.Asm.CS;
import static dev.backplane.testkit.guest.Asm.CX;
import static dev.backplane.testkit.guest.Asm.DX;
import static dev.backplane.testkit.guest.Asm.GS;
import static dev.backplane.testkit.guest.Asm.SP;
import static dev.backplane.testkit.guest.Asm.SS;
import static dev.backplane.testkit.guest.GuestBuilder.*;

import java.util.ArrayList;
import java.util.List;

/** SYSCALL, SYSENTER, their returns, SWAPGS and the bases of FS and GS (Intel SDM 3A, 6.8.7 and 6.8.8; 2B). */
public final class SystemCallGuests {
    private static final int STAR = 0xc000_0081;
    private static final int LSTAR = 0xc000_0082;
    private static final int FMASK = 0xc000_0084;
    private static final int FS_BASE = 0xc000_0100;
    private static final int GS_BASE = 0xc000_0101;
    private static final int KERNEL_GS_BASE = 0xc000_0102;
    private static final int SYSENTER_CS = 0x174;
    private static final int SYSENTER_ESP = 0x175;
    private static final int SYSENTER_EIP = 0x176;
    private static final int UD = 6;
    private static final int GP = 13;
    private static final int IOPL3 = 0x3000;
    private static final long NOT_CANONICAL = 0x8000_0000_0000L;
    /** SYSCALL enters 0x28 and 0x30; SYSRET leaves to 0x43 (0x33 + 16) and 0x3b, or to 0x33. */
    private static final long STAR_VALUE = 0x0033_0028L << 32;

    private static final int FSGSBASE = 1 << 16;

    private SystemCallGuests() {}

    /** All of them. */
    public static List<SmallGuest> all() {
        List<SmallGuest> guests = new ArrayList<>();
        syscall(guests);
        sysret(guests);
        sysenter(guests);
        bases(guests);
        return guests;
    }

    private static void syscall(List<SmallGuest> guests) {
        guests.add(guest("2B SYSCALL", "SYSCALL saves RIP and RFLAGS, masks RFLAGS, and leaves RSP")
                .long64()
                .user()
                .msr(STAR, STAR_VALUE)
                .msr(LSTAR, MORE)
                .msr(FMASK, 0x4_0201)
                .flags(0x4_0201)
                .code(Asm::syscall)
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .gives(CX, CODE + 2)
                .gives(11, 0x4_0203)
                .gives(SP, STACK3)
                .selector(CS, 0x28)
                .selector(SS, 0x30)
                .flags(0x4_0201, 0)
                .build());
        guests.add(guest("2B SYSCALL", "SYSCALL without EFER.SCE is #UD")
                .long64()
                .user()
                .msr(EFER, 0xd00)
                .code(Asm::syscall)
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B SYSCALL", "SYSCALL in compatibility mode is #UD on Intel's processors")
                .compatibility()
                .user()
                .code(Asm::syscall)
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B SYSCALL", "SYSCALL in protected mode is #UD")
                .protected32()
                .code(Asm::syscall)
                .fault(UD, CODE)
                .build());
    }

    private static GuestBuilder returning(String name, long rcx, long r11, boolean wide) {
        return guest("2B SYSRET", name)
                .long64()
                .msr(STAR, STAR_VALUE)
                .register(CX, rcx)
                .register(11, r11)
                .code(a -> a.sysret(wide));
    }

    private static void sysret(List<SmallGuest> guests) {
        guests.add(returning("SYSRET to 64-bit code, and RF and VM stay clear", MORE, 0xffff_f2ff, true)
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .selector(CS, 0x43)
                .selector(SS, 0x3b)
                .gives(SP, STACK)
                .flags(0xffff_f2ffL, 0x003c_72d7)
                .build());
        guests.add(returning("SYSRET to 32-bit code takes 32 bits of RCX", 0x1_0000_0000L + MORE, 0x3002, false)
                .codeAt(MORE, 32, Asm::end)
                .endsBehind(MORE)
                .selector(CS, 0x33)
                .selector(SS, 0x3b)
                .build());
        guests.add(returning("SYSRET to an address that is not canonical: #GP(0) in ring 0", NOT_CANONICAL, 2, true)
                .fault(GP, 0, CODE)
                .selector(CS, CODE64)
                .build());
        guests.add(returning("SYSRET in ring 3: #GP(0)", MORE, 2, true)
                .user()
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B SYSRET", "SYSRET in compatibility mode is #UD")
                .compatibility()
                .code(a -> a.sysret(false))
                .fault(UD, CODE)
                .build());
        guests.add(returning("with 5-level paging a wide RCX is canonical", 1L << 50, 2, true)
                .long64With5Levels()
                .code(a -> a.sysret(true))
                .pageFault(0x14, 1L << 50, 1L << 50)
                .build());
    }

    private static void sysenter(List<SmallGuest> guests) {
        guests.add(guest("2B SYSENTER", "SYSENTER in long mode enters 64-bit code with IF clear")
                .long64()
                .user()
                .flags(0x200)
                .msr(SYSENTER_CS, 0x2b)
                .msr(SYSENTER_ESP, STACK1)
                .msr(SYSENTER_EIP, MORE)
                .code(Asm::sysenter)
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .selector(CS, 0x28)
                .selector(SS, 0x30)
                .gives(SP, STACK1)
                .flags(0x200, 0)
                .build());
        guests.add(guest("2B SYSENTER", "SYSENTER from compatibility mode enters 64-bit code")
                .compatibility()
                .user()
                .msr(SYSENTER_CS, 0x28)
                .msr(SYSENTER_ESP, STACK1)
                .msr(SYSENTER_EIP, MORE)
                .code(Asm::sysenter)
                .codeAt(MORE, 64, a -> a.hex("48b8 1122334455667788").end())
                .gives(0x8877_6655_4433_2211L)
                .build());
        guests.add(guest("2B SYSENTER", "SYSENTER in protected mode enters flat 32-bit code")
                .protected32()
                .user()
                .msr(SYSENTER_CS, 8)
                .msr(SYSENTER_ESP, STACK1)
                .msr(SYSENTER_EIP, MORE)
                .code(Asm::sysenter)
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .selector(CS, 8)
                .selector(SS, 0x10)
                .gives(SP, STACK1)
                .build());
        guests.add(guest("2B SYSENTER", "SYSENTER from virtual-8086 mode clears VM")
                .virtual8086(0)
                .msr(SYSENTER_CS, 8)
                .msr(SYSENTER_ESP, STACK1)
                .msr(SYSENTER_EIP, MORE)
                .code(Asm::sysenter)
                .codeAt(MORE, 32, Asm::end)
                .endsBehind(MORE)
                .flags(0x2_0000, 0)
                .build());
        guests.add(guest("2B SYSENTER", "SYSENTER without a selector: #GP(0)")
                .long64()
                .user()
                .msr(SYSENTER_CS, 3)
                .code(Asm::sysenter)
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B SYSENTER", "SYSENTER in real mode: #GP")
                .real()
                .msr(SYSENTER_CS, 8)
                .code(Asm::sysenter)
                .vector(GP)
                .frame(0, CODE)
                .build());
        guests.add(guest("2B SYSEXIT", "SYSEXIT to 64-bit code")
                .long64()
                .msr(SYSENTER_CS, 0x18)
                .register(CX, STACK3)
                .register(DX, MORE)
                .code(a -> a.sysexit(true))
                .codeAt(MORE, Asm::end)
                .endsBehind(MORE)
                .selector(CS, 0x3b)
                .selector(SS, 0x43)
                .gives(SP, STACK3)
                .build());
        guests.add(guest("2B SYSEXIT", "SYSEXIT to 32-bit code")
                .long64()
                .msr(SYSENTER_CS, 0x18)
                .register(CX, 0x1_0000_0000L + STACK3)
                .register(DX, 0x1_0000_0000L + MORE)
                .code(a -> a.sysexit(false))
                .codeAt(MORE, 32, Asm::end)
                .endsBehind(MORE)
                .selector(CS, 0x2b)
                .selector(SS, 0x33)
                .gives(SP, STACK3)
                .build());
        guests.add(guest("2B SYSEXIT", "SYSEXIT to an address that is not canonical: #GP(0)")
                .long64()
                .msr(SYSENTER_CS, 0x18)
                .register(DX, NOT_CANONICAL)
                .code(a -> a.sysexit(true))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B SYSEXIT", "SYSEXIT to a stack that is not canonical: #GP(0)")
                .long64()
                .msr(SYSENTER_CS, 0x18)
                .register(CX, NOT_CANONICAL)
                .code(a -> a.sysexit(true))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B SYSEXIT", "SYSEXIT in ring 3: #GP(0)")
                .long64()
                .user()
                .msr(SYSENTER_CS, 0x18)
                .code(a -> a.sysexit(true))
                .fault(GP, 0, CODE)
                .build());
    }

    private static void bases(List<SmallGuest> guests) {
        guests.add(guest("2B SWAPGS", "SWAPGS exchanges GS's base with the MSR")
                .long64()
                .msr(GS_BASE, 0x1111)
                .segmentRegister(GS, DATA, 0x1111, 0xffff_ffffL, 0xc093)
                .msr(KERNEL_GS_BASE, 0x2222)
                .code(a -> a.swapgs().end())
                .expect("GS base", end -> end.state().segments().get(GS).base(), 0x2222)
                .expect("KERNEL_GS_BASE", end -> end.msr(KERNEL_GS_BASE), 0x1111)
                .build());
        guests.add(guest("2B SWAPGS", "SWAPGS in ring 3: #GP(0)")
                .long64()
                .user()
                .code(Asm::swapgs)
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B SWAPGS", "SWAPGS outside of 64-bit mode is #UD")
                .compatibility()
                .code(Asm::swapgs)
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B WRFSBASE", "WRGSBASE and RDGSBASE in ring 3 with CR4.FSGSBASE")
                .long64()
                .user()
                .cr4(FSGSBASE)
                .register(BX, 0x1234_5678_9000L)
                .code(a -> a.hex("f3480faedb f3480faec9 f30faeca").end())
                .gives(CX, 0x1234_5678_9000L)
                .gives(DX, 0x5678_9000L)
                .build());
        guests.add(guest("2B WRFSBASE", "WRFSBASE of an address that is not canonical: #GP(0)")
                .long64()
                .cr4(FSGSBASE)
                .register(BX, NOT_CANONICAL)
                .code(a -> a.hex("f3480faed3"))
                .fault(GP, 0, CODE)
                .build());
        guests.add(guest("2B WRFSBASE", "WRFSBASE outside of 64-bit mode is #UD")
                .compatibility()
                .cr4(FSGSBASE)
                .code(a -> a.hex("f30faed3"))
                .fault(UD, CODE)
                .build());
        guests.add(guest("2B WRMSR", "a base that is not canonical by WRMSR: #GP(0)")
                .long64()
                .code(a -> a.wrmsr(FS_BASE, NOT_CANONICAL))
                .fault(GP, 0, CODE + 15)
                .build());
        guests.add(guest("2B WRMSR", "LSTAR that is not canonical: #GP(0)")
                .long64()
                .code(a -> a.wrmsr(LSTAR, NOT_CANONICAL))
                .fault(GP, 0, CODE + 15)
                .build());
        guests.add(guest("2B MOV", "a null selector in GS clears its base (on Intel's processors)")
                .long64()
                .code(a -> a.wrmsr(GS_BASE, 0x1000).segment(GS, 0).end())
                .expect("GS base", end -> end.state().segments().get(GS).base(), 0)
                .build());
    }
}
