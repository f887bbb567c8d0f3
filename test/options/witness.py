# A second opinion on a socket that stands at descriptor 3.
#   witness.py get LEVEL NAME LENGTH ...   prints the bytes of each option in hex, one a line
#   witness.py bpf RESULT                  loads an eBPF program that answers RESULT, and sends its fd over the socket

import ctypes
import os
import platform
import socket
import struct
import sys


def get(sock, numbers):
    for at in range(0, len(numbers), 3):
        level, name, length = numbers[at : at + 3]
        print(sock.getsockopt(level, name, length).hex())


def bpf(sock, result):
    program = struct.pack("=BBhi", 0xB7, 0, 0, result) + struct.pack("=BBhi", 0x95, 0, 0, 0)
    instructions = ctypes.create_string_buffer(program, len(program))
    licence = ctypes.create_string_buffer(b"MIT")
    socket_filter, load = 1, 5
    attributes = ctypes.create_string_buffer(
        struct.pack("=IIQQ", socket_filter, 2, ctypes.addressof(instructions), ctypes.addressof(licence)), 128
    )
    call = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(call, load, attributes, 128)
    if fd < 0:
        sys.exit("bpf: " + os.strerror(ctypes.get_errno()))
    socket.send_fds(sock, [b"!"], [fd])


command, *arguments = sys.argv[1:]
given = socket.socket(fileno=3)
{"get": lambda: get(given, [int(one) for one in arguments]), "bpf": lambda: bpf(given, int(arguments[0]))}[command]()
