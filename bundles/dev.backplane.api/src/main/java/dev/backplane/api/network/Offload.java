package dev.backplane.api.network;

/** Work on a frame that its sender leaves to somebody nearer to the wire. More may come: a network takes what it names, no other. */
public enum Offload {
    /** A checksum over part of the frame: {@link Frame#hasChecksumToDo}. */
    CHECKSUM,
    /** TCP over IPv4, cut to segments. */
    TCP4,
    /** TCP over IPv6, cut to segments. */
    TCP6,
    /** Of TCP that is cut, the first segment alone keeps CWR (RFC 3168, 6.1.2). */
    TCP_ECN
}
