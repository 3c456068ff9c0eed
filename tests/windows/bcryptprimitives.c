/* Wine 8 lacks bcryptprimitives.dll, from which libraries written in Rust take random numbers. */
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *, unsigned long); /* RtlGenRandom */

__declspec(dllexport) int ProcessPrng(unsigned char *place, unsigned long long count) {
  while (count) {
    unsigned long some = count > 0x10000000 ? 0x10000000 : (unsigned long)count;
    if (!SystemFunction036(place, some)) return 0;
    place += some;
    count -= some;
  }
  return 1;
}

int DllMainCRTStartup(void *library, unsigned why, void *reserved) { return 1; }
