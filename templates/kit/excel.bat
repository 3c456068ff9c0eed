@echo off
"%~dp0python\python.exe" -X utf8 -m xlkpi --lang zh excel install "%~dp0Excel"
if errorlevel 1 pause
