package dev.backplane.x86.decode;

/** What a CPU model may lack: without the feature its instructions are #UD. */
public enum Feature {
    AES,
    CLFLUSHOPT,
    CLWB,
    CX16,
    FSGSBASE,
    INVPCID,
    LAHF_LM,
    MONITOR,
    MOVBE,
    PCLMULQDQ,
    POPCNT,
    RDPID,
    RDRAND,
    RDSEED,
    RDTSCP,
    SHA,
    SMAP,
    SSE3,
    SSE4_1,
    SSE4_2,
    SSSE3,
    XSAVE,
    XSAVEC,
    XSAVEOPT;
}
