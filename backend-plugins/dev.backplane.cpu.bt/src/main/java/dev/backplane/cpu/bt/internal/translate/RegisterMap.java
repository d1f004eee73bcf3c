package dev.backplane.cpu.bt.internal.translate;

/**
 * Where guest registers are while emitted code runs. Host rax and rcx are scratch, host rsp is the thread's stack; so guest rax,
 * rcx and rsp live in r9, r10 and r11, and guest r9, r10 and r11 in the state area.
 */
public final class RegisterMap {
    public static final int GUEST_RAX = 9;
    public static final int GUEST_RCX = 10;
    public static final int GUEST_RSP = 11;

    private static final int[] HOMES = {GUEST_RAX, GUEST_RCX, 2, 3, GUEST_RSP, 5, 6, 7, 8, -1, -1, -1, 12, 13, 14, 15};

    private RegisterMap() {}

    /** The host register of a guest register, or -1 where it is in the state area. */
    public static int home(int guest) {
        return HOMES[guest];
    }
}
